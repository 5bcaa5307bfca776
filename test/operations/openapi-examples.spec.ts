import { beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type Json, loadCases } from '../conformance/cases.js';
import { readProjectFile } from '../support/deploy/manifests.js';
import {
  type Content,
  openApiDocument,
  type OpenApi,
  type Operation,
  operationsOf,
  readsOf,
  successContent,
  type Schema,
} from '../support/http/openapi.js';
import { type RunningService, startService } from '../support/service/service.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';
import { sendWireRequest } from '../support/http/wire-client.js';
import { closeAfterAll } from '../support/close-after-all.js';

const LIST = '/v2.1/servers/{server_id}/os-instance-actions';
const LOG = '/action-log/v1/actions';
const SERVER = '/v2.1/servers/86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff/os-instance-actions';

let store: TestStore;
let service: RunningService;
let document: OpenApi;

const keep = closeAfterAll();

beforeAll(async () => {
  store = keep(await createSqlite());
  // With an empty TOKENS_FILE, the service accepts the demo tokens.
  service = keep(await startService({ DATABASE_URL: store.url, TOKENS_FILE: '' }));
  document = await openApiDocument(service);
});

function examplesOf({ example, examples = {} }: Content): Json[] {
  return example === undefined ? Object.values(examples).map(({ value }) => value) : [example];
}

/**
 * Returns a message for each object in a body whose properties are not in the order of the schema. The message contains
 * its path and its order.
 */
function wrongOrders(schema: Schema, body: Json, place = ''): string[] {
  if (Array.isArray(body)) return body.flatMap((item) => wrongOrders(schema.items ?? {}, item, place));
  if (typeof body !== 'object' || body === null || schema.properties === undefined) return [];
  const described = Object.keys(schema.properties).filter((name) => name in body);
  const wrong =
    described.join() === Object.keys(body).join() ? [] : [`${place}: ${Object.keys(body).join()}`];
  const inner = described.flatMap((name) => {
    const [property = {}, value = null] = [schema.properties?.[name], body[name]];
    return wrongOrders(property, value, `${place}.${name}`);
  });
  return [...wrong, ...inner];
}

describe('the OpenAPI document', () => {
  it('the OpenAPI document has the name, version and licence of the service, and a relative server URL', () => {
    const { version } = JSON.parse(readProjectFile('package.json')) as { version: string };
    expect(document.info).toMatchObject({
      title: 'nova-action-log',
      version,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    });
    expect(document.servers.map(({ url }) => url)).toEqual(['.']);
  });

  it('the OpenAPI document has PUBLIC_URL as a second server', async () => {
    const published = await startService({
      DATABASE_URL: store.url,
      PUBLIC_URL: 'https://a.example.org/compute',
    });
    try {
      const { servers } = await openApiDocument(published);
      expect(servers.map(({ url }) => url)).toEqual(['.', 'https://a.example.org/compute']);
    } finally {
      await published.stop();
    }
  });

  it('the OpenAPI document has a description of each tag', () => {
    const used = new Set(operationsOf(document).flatMap(([, { tags }]) => tags));
    expect(document.tags.map(({ name }) => name)).toEqual([...used]);
    for (const { name, description } of document.tags)
      expect([name, description.length > 10]).toEqual([name, true]);
  });

  it('in the OpenAPI document, each operation has an id that consists of the method and the tag', () => {
    const names = operationsOf(document).map(([path, { operationId }]) => [path, operationId]);
    const expected = [
      [LIST, 'listServerActions'],
      [`${LIST}/{request_id}`, 'showServerAction'],
      ['/v2.1/os-migrations', 'listMigrations'],
      ['/v2.1/servers/{server_id}/migrations', 'listServerMigrations'],
      ['/v2.1/servers/{server_id}/migrations/{id}', 'showServerMigration'],
      ['/v2.1/os-instance_usage_audit_log', 'listUsageAuditLog'],
      ['/v2.1/os-instance_usage_audit_log/{before}', 'showUsageAuditLog'],
    ];
    expect(names).toEqual(expect.arrayContaining(expected));
  });

  it('the OpenAPI document lists path parameters first, then query parameters, then headers', () => {
    for (const [path, { parameters }] of operationsOf(document)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => `path ${name ?? ''}`);
      const listed = parameters.map((one) => (one.in === 'query' ? 'query' : `${one.in} ${one.name}`));
      const queries = listed.filter((one) => one === 'query');
      // Each route outside Nova's API declares its own headers.
      const headers = path.startsWith('/v2.1/')
        ? ['header OpenStack-API-Version']
        : listed.filter((one) => one.startsWith('header '));
      expect([path, listed]).toEqual([path, [...inPath, ...queries, ...headers]]);
    }
  });

  it('the OpenAPI document has an example value for each path parameter, and the newest microversion for the header', async () => {
    const { version } = (await (await fetch(`${service.url}/v2.1/`)).json()) as {
      version: { version: string };
    };
    for (const [path, { parameters }] of operationsOf(document)) {
      const prefilled = parameters.filter((one) => one.in !== 'query');
      expect([path, prefilled.filter(({ schema }) => !schema.example)]).toEqual([path, []]);
      if (path.startsWith('/v2.1/'))
        expect(prefilled.at(-1)?.schema.example).toBe(`compute ${version.version}`);
    }
  });

  it('in the OpenAPI document, each operation that reads has an example response that matches the schema and the order of the fields', () => {
    const ajv = new Ajv2020({ allowUnionTypes: true });
    ajv.addVocabulary(['example', 'x-openstack']);
    addFormats.default(ajv);
    for (const [path, operation] of readsOf(document)) {
      const content = successContent(operation);
      const schemas = content.schema.anyOf ?? [content.schema];
      const examples = examplesOf(content);
      expect([path, examples.length]).toEqual([path, schemas.length]);
      for (const [index, schema] of schemas.entries()) {
        const example = examples[index] ?? null;
        expect([path, ajv.validate(schema, example), ajv.errors]).toEqual([path, true, null]);
        expect([path, wrongOrders(schema, example)]).toEqual([path, []]);
      }
    }
  });

  it('the OpenAPI document lists the fields in the order of the recorded answers of a real Nova', () => {
    let compared = 0;
    for (const { path, answer } of [
      ...loadCases('answers.jsonl'),
      ...loadCases('migrations-answers.jsonl'),
    ]) {
      const route = readsOf(document).find(([template]) => matches(template, path.split('?')[0] ?? ''));
      // In the recordings of long lists, a digest replaces the body.
      if (route === undefined || answer.status !== 200 || JSON.stringify(answer.body).includes('"digest"'))
        continue;
      const { schema } = successContent(route[1]);
      const wrong = (schema.anyOf ?? [schema]).map((view) => wrongOrders(view, answer.body));
      // An answer is correct if its fields have the order of one schema: of the external or of the internal view. No
      // answer matches both schemas, because each view has fields that the other lacks.
      expect([path, wrong.find((one) => one.length === 0) ?? wrong]).toEqual([path, []]);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(1_000);
  });

  function matches(template: string, path: string): boolean {
    return new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
  }
});

describe('a request with the example values of the OpenAPI document', () => {
  /** The ids of the recorded action and its event: the log makes ids that no example can have. */
  const recorded = new Map<string, string>();

  async function send(
    [path, { parameters, requestBody }]: readonly [string, Operation],
    token: string,
    method = 'GET',
  ): Promise<{ status: number; body: Json }> {
    const values = new Map(parameters.map(({ name, schema }) => [name, schema.example ?? '']));
    const ids = path.startsWith('/action-log/') ? recorded : new Map<string, string>();
    const filled = path.replace(/\{(\w+)\}/g, (_match, name: string) =>
      encodeURIComponent(ids.get(name) ?? values.get(name) ?? ''),
    );
    const [[type, content] = []] = Object.entries(requestBody?.content ?? {});
    const [example] = content === undefined ? [] : examplesOf(content);
    const answer = await fetch(
      `${service.url}${filled}${path.endsWith(':import') ? '?import=example' : ''}`,
      {
        method,
        headers: {
          'X-Auth-Token': token,
          'OpenStack-API-Version': values.get('OpenStack-API-Version') ?? '',
          ...(type !== undefined && { 'Content-Type': type }),
        },
        ...(content && { body: typeof example === 'string' ? example : JSON.stringify(example) }),
      },
    );
    return { status: answer.status, body: (await answer.json()) as Json };
  }

  it('the requests with the example bodies of the OpenAPI document record and import actions', async () => {
    const record = async (method: string, path: string): Promise<[number, Record<string, Json>]> => {
      const operation = document.paths[path]?.[method.toLowerCase()];
      if (operation === undefined) throw new Error(`${method} ${path} is not documented`);
      const { status, body } = await send([path, operation], 'demo-service', method);
      return [status, body as Record<string, Json>];
    };
    const [begun, { actions }] = await record('POST', LOG);
    recorded.set('id', String((actions as { id: number }[])[0]?.id));
    const [added, { events }] = await record('POST', `${LOG}/{id}/events`);
    recorded.set('event_id', String((events as { id: number }[])[0]?.id));
    const [finishedEvent] = await record('PATCH', `${LOG}/{id}/events/{event_id}`);
    const [finished] = await record('PATCH', `${LOG}/{id}`);
    const [imported, result] = await record('POST', `${LOG}:import`);
    const [progress] = await record('GET', `${LOG}:import`);
    expect([begun, added, finishedEvent, finished, imported, progress]).toEqual([
      201, 201, 200, 200, 200, 200,
    ]);
    expect(result).toEqual({
      ...{ lines: 1, imported: 1, updated: 0, unchanged: 0, skipped: 0 },
      ...{ next_line: 3, complete: true },
    });
  });

  it('a request with the example values of the OpenAPI document returns the documented actions to a tenant and to an operator', async () => {
    for (const route of readsOf(document).filter(([path]) => path.startsWith(LIST))) {
      const examples = examplesOf(successContent(route[1]));
      expect(await send(route, 'demo-tenant')).toEqual({ status: 200, body: examples[0] });
      expect(await send(route, 'demo-admin')).toEqual({ status: 200, body: examples.at(-1) });
    }
  });

  it('a request with the example values of the OpenAPI document returns 200 for every operation that reads', async () => {
    for (const route of readsOf(document)) {
      const token = route[0].endsWith(':import') ? 'demo-service' : 'demo-admin';
      expect([route[0], (await send(route, token)).status]).toEqual([route[0], 200]);
    }
  });
});

describe('the error responses of the OpenAPI document', () => {
  it('the error responses of the OpenAPI document are described once and used by each operation', () => {
    const shared = Object.keys(document.components.responses);
    const faults = ['400', '401', '403', '404', '406', '413', '414', '415', '429', '431', '503'];
    const problems = faults.filter((status) => !['401', '406', '431'].includes(status));
    const names = [
      ...faults.map((status) => `Fault${status}`),
      ...problems.map((status) => `Problem${status}`),
    ];
    expect(shared).toEqual(names);
    const ofLog = [...problems.map((status) => `Problem${status}`), 'Fault401', 'Fault431'];
    for (const [path, { responses }] of operationsOf(document)) {
      const used = path.startsWith('/action-log/') ? ofLog : faults.map((status) => `Fault${status}`);
      // A route of the log may have further problems with the same status.
      const isOwn = (status: string): boolean =>
        path.startsWith('/action-log/') && responses[status]?.content !== undefined;
      const expected = used
        .map((name) => [name.slice(-3), { $ref: `#/components/responses/${name}` }] as const)
        .filter(([status]) => !isOwn(status));
      expect([path, responses]).toMatchObject([path, Object.fromEntries(expected)]);
    }
  });

  it.each([
    [400, '?limit=x', ['X-Auth-Token: demo-admin', 'OpenStack-API-Version: compute 2.103']],
    [403, '', ['X-Auth-Token: demo-auditor']],
    [404, '', ['X-Auth-Token: demo-stranger']],
    [406, '', ['X-Auth-Token: demo-admin', 'OpenStack-API-Version: compute 2.999']],
    [413, '', ['X-Auth-Token: demo-admin', 'Accept: text/plain', 'Content-Length: 1000000']],
    [414, `?${'x'.repeat(10_000)}`, []],
    [415, '', ['X-Auth-Token: demo-admin', 'Content-Type: text/xml']],
    [431, '', [`X-Long: ${'x'.repeat(100_000)}`]],
  ])(
    'the error response of the OpenAPI document equals the response of the service: %d',
    async (status, query, headers) => {
      const content = document.components.responses[`Fault${status}`]?.content ?? {};
      const [type = ''] = Object.keys(content);
      const { line, body } = await sendWireRequest(service.url, `GET ${SERVER}${query} HTTP/1.1`, headers);
      expect(line).toContain(` ${status} `);
      expect(type === 'text/plain' ? body : (JSON.parse(body) as Json)).toEqual(content[type]?.example);
    },
  );
});
