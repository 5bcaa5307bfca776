import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InstanceActionsModule } from '../../src/instance-actions/instance-actions.module.js';
import { Module } from '@nestjs/common';
import { closeAfterAll } from '../support/close-after-all.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';
import { openApiDocument } from '../support/http/openapi.js';
import { sendWireRequest, WireClient } from '../support/http/wire-client.js';
import { FakeNova } from '../support/nova/fake.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { changes, ThingsModule } from '../support/service/things-module.js';

const SERVER = '/v2.1/servers/11111111-1111-4111-8111-111111111111';
const NOT_FOUND = [404, '404 Not Found\n\nThe resource could not be found.\n\n   '];

let store: TestStore;
let service: RunningService | undefined;

const keep = closeAfterAll();

beforeAll(async () => {
  store = keep(await createSqlite());
});

beforeEach(() => {
  changes.length = 0;
});

afterEach(async () => {
  await service?.stop();
  service = undefined;
});

async function start(
  settings: Readonly<Record<string, string>>,
  modules = [ThingsModule],
): Promise<RunningService> {
  service = await startService({ DATABASE_URL: store.url, ...settings }, modules);
  return service;
}

async function send(method: string, path: string, body?: string): Promise<[number, string]> {
  const answer = await fetch(`${service?.url ?? ''}${path}`, {
    method,
    headers: { Accept: 'text/plain', 'X-Auth-Token': personaTokens['alice'] ?? '' },
    ...(body !== undefined && { body }),
  });
  return [answer.status, await answer.text()];
}

async function documented(): Promise<string[]> {
  const { paths } = await openApiDocument(service as RunningService);
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

const WRITE = /^(POST|PUT|DELETE) /;
const SHOW_SERVER = 'GET /v2.1/servers/{server_id}';

/** The routes that record in tables of the service itself. A facade serves them, too. */
const RECORDS = / \/action-log\/v1\/actions/;
/** Those of them whose paths the log also has for GET. */
const RECORDING = / \/action-log\/v1\/actions(\/\w+)?$/;

/** Returns the requests for all documented routes that only an own store serves, with example values in the path. */
async function ofOwnStore(): Promise<string[]> {
  await start({});
  const lines = (await documented()).filter((one) => WRITE.test(one) || one === SHOW_SERVER).map(filled);
  await service?.stop();
  return lines;
}

function filled(line: string): string {
  return line.replace('/v2.1/servers/{server_id}', SERVER).replace(/\{\w+\}/g, 'alice');
}

describe('the routes that write', () => {
  it('the routes that write are served and documented on the own store', async () => {
    await start({});
    expect(await documented()).toEqual(
      expect.arrayContaining([
        'POST /v2.1/servers/{server_id}/action',
        'POST /v2.1/os-things',
        'PUT /v2.1/os-things/{thing_id}',
        'DELETE /v2.1/os-things/{thing_id}',
        'POST /action-log/v1/notes',
      ]),
    );
    expect((await send('POST', '/v2.1/os-things', '{"thing": {"name": "pen"}}'))[0]).toBe(201);
    expect(changes).toHaveLength(1);
  });

  it('the routes that write of all modules, and the route that shows a server, respond beside Nova as unknown paths do', async () => {
    const lines = await ofOwnStore();
    expect(lines).toContain(`GET ${SERVER}`);
    await start({ NOVA_API_DATABASE_URL: 'mysql://nova:secret@127.0.0.1:1/nova_api' });
    for (const line of lines) {
      const [method = '', path = ''] = line.split(' ');
      const [status, text] = await send(
        method,
        path,
        method === 'GET' ? undefined : '{"thing": {"name": "pen"}}',
      );
      expect([line, status, text]).toEqual(
        path.startsWith('/v2.1/')
          ? [line, ...NOT_FOUND]
          : // The log has other routes with some of these paths.
            [
              line,
              RECORDING.test(line) ? 405 : 404,
              expect.stringMatching(/^\{"type":"\/action-log\/problems\//),
            ],
      );
    }
    expect((await send('GET', '/v2.1/os-things/alice'))[0]).toBe(200);
    expect(changes).toEqual([]);
    const paths = await documented();
    expect(paths.filter((one) => WRITE.test(one) || one === SHOW_SERVER)).toEqual([]);
    expect(paths).toContain('GET /v2.1/os-things/{thing_id}');
  });

  it('a facade passes the routes that write of all modules to nova-api, with any method and body', async () => {
    const lines = (await ofOwnStore()).filter((line) => !RECORDS.test(line));
    const paths = lines.map((line) => line.slice(line.indexOf(' ') + 1));
    const nova = new FakeNova();
    try {
      await start({ UPSTREAM_NOVA_URL: await nova.start() });
      for (const path of paths.concat(paths.map((one) => one.replace('/v2.1/', '/v2/'))))
        for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])
          expect(await passed(nova, `${method} ${path} HTTP/1.1`)).toBe('HTTP/1.1 200 OK');
      expect(await passed(nova, `GET ${SERVER} HTTP/1.1`)).toBe('HTTP/1.1 200 OK');
      expect((await send('GET', '/v2.1/os-things/alice'))[1]).toContain('"id":"alice"');
      const written = (await documented()).filter((one) => WRITE.test(one) || one === SHOW_SERVER);
      expect(written.filter((one) => !RECORDS.test(one))).toEqual([]);
      expect(changes).toEqual([]);
    } finally {
      await nova.stop();
    }
  });

  it('the routes that write pass the body to nova-api in a facade before the client has sent all of it', async () => {
    const nova = new FakeNova();
    try {
      const { url } = await start({ UPSTREAM_NOVA_URL: await nova.start() });
      const client = await WireClient.connect(url);
      const isReceived = new Promise<void>((resolve) => {
        nova.onHead = () => {
          nova.onHead = undefined;
          resolve();
        };
      });
      client.send(
        `POST ${SERVER}/action HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\nConnection: close\r\n\r\n{"po`,
      );
      await isReceived;
      client.send('ke":');
      expect((await client.answer()).line).toBe('HTTP/1.1 200 OK');
      expect(nova.request.body).toBe('{"poke":');
    } finally {
      await nova.stop();
    }
  });
});

/** Sends a request with bytes that are not JSON. @returns the status line, if nova-api received the request unchanged */
async function passed(nova: FakeNova, line: string): Promise<string> {
  nova.reset();
  const body = '{"lock": \x00\xff';
  const headers = [
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'OpenStack-API-Version: x',
  ];
  const answer = await sendWireRequest(service?.url ?? '', line, headers, body);
  expect([nova.request.line, nova.request.body]).toEqual([line, body]);
  expect(nova.request.headers.map(([name, value]) => `${name}: ${value}`)).toEqual(
    expect.arrayContaining(headers),
  );
  return answer.line;
}

describe('the setting MODULES', () => {
  /** A module that uses the providers of another one. */
  @Module({ imports: [InstanceActionsModule] })
  class Dependent {}

  it('the setting MODULES limits the routes and their documentation to the named modules', async () => {
    await start({ MODULES: 'os-migrations, usage-audit-log' }, []);
    expect(await documented()).toEqual([
      'GET /v2.1/os-migrations',
      'GET /v2.1/servers/{server_id}/migrations',
      'GET /v2.1/servers/{server_id}/migrations/{id}',
      'GET /v2.1/os-instance_usage_audit_log',
      'GET /v2.1/os-instance_usage_audit_log/{before}',
    ]);
    expect(await send('GET', `${SERVER}/os-instance-actions`)).toEqual(NOT_FOUND);
  });

  it('the setting MODULES leaves out the routes of a module whose providers another module uses', async () => {
    await start({ MODULES: 'migrations' }, [Dependent]);
    expect(await send('GET', `${SERVER}/os-instance-actions`)).toEqual(NOT_FOUND);
  });

  it('the setting MODULES makes a facade pass on the requests for the routes of other modules', async () => {
    const nova = new FakeNova();
    try {
      await start({}, []);
      const all = (await documented()).map(filled);
      await service?.stop();
      await start({ UPSTREAM_NOVA_URL: await nova.start(), MODULES: 'os-migrations' }, []);
      const own = (await documented()).map(filled);
      expect(own).toContain('GET /v2.1/os-migrations');
      for (const line of all.filter((one) => !own.includes(one)))
        expect(await passed(nova, `${line} HTTP/1.1`)).toBe('HTTP/1.1 200 OK');
      expect((await send('GET', '/v2.1/os-migrations'))[0]).toBe(403);
    } finally {
      await nova.stop();
    }
  });

  it('the setting MODULES with an unknown name makes the start fail with an error that lists the modules', async () => {
    await expect(start({ MODULES: 'instance-actions,os-keypairs' })).rejects.toThrow(
      /^MODULES contains os-keypairs, which is not a module; the modules are: action-log, instance-actions, migrations, .*usage-audit-log/,
    );
  });
});
