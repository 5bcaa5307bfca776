import { beforeAll, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type ConformanceCase, type Json, loadCases, personas } from '../conformance/cases.js';
import {
  successContent,
  openApiDocument,
  type OpenApi,
  type Operation,
  operationsOf,
  type Response,
  type Schema,
} from '../support/http/openapi.js';
import { type RunningService, startService } from '../support/service/service.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';
import { closeAfterAll } from '../support/close-after-all.js';

const LIST = '/v2.1/servers/{server_id}/os-instance-actions';
const SHOW = `${LIST}/{request_id}`;

/** A recorded answer of the list route or the show route, with its complete body. */
interface Recorded {
  readonly id: string;
  readonly path: typeof LIST | typeof SHOW;
  readonly body: { [key: string]: Json };
  /** The minor number of the microversion, such as 84 for 2.84. */
  readonly minor: number;
  /**
   * The fields that the answer contains: those for tenants (external) or those for operators (internal). It is
   * undefined if the answer does not show it.
   */
  readonly view: 'external' | 'internal' | undefined;
}

/** Recorded answers of Nova with its default policies. `byPolicyFiles`: those of Nova with policy files. */
const byDefault = loadCases('answers.jsonl').flatMap(recorded);
const byPolicyFiles = loadCases('policies.jsonl').flatMap(recorded);

function recorded({ id, persona, answer, policy }: ConformanceCase): Recorded[] {
  if (answer.status !== 200) return [];
  // In the recordings, a placeholder replaces the address of Nova.
  const body = JSON.parse(
    JSON.stringify(answer.body).replaceAll('{base}', 'http://nova.example.org'),
  ) as Json;
  if (!isObject(body) || !('instanceActions' in body || 'instanceAction' in body)) return [];
  const path = 'instanceActions' in body ? LIST : SHOW;
  const [, minor = '1'] = /^compute 2\.(\d+)$/.exec(answer.headers['openstack-api-version'] ?? '') ?? [];
  const isAdmin = personas[persona ?? '']?.roles.includes('admin') ?? false;
  const view = policy === undefined ? (isAdmin ? 'internal' : 'external') : viewOfEvents(body);
  return [{ id, path, body, minor: Number(minor), view }];
}

/** Derives the view from the events in the answer. With a policy file, it does not follow from the caller's roles. */
function viewOfEvents({ instanceAction }: { [key: string]: Json }): Recorded['view'] {
  const events = isObject(instanceAction) ? instanceAction['events'] : undefined;
  const [event] = Array.isArray(events) ? events : [];
  if (!isObject(event)) return undefined;
  return 'traceback' in event ? 'internal' : 'external';
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

describe('/openapi.json', () => {
  let store: TestStore;
  let service: RunningService;
  let document: OpenApi;

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await createSqlite());
    service = keep(await startService({ DATABASE_URL: store.url }));
    document = await openApiDocument(service);
  });

  function operation(path: string): Operation {
    const found = document.paths[path]?.['get'];
    if (found === undefined) throw new Error(`GET ${path} is not in the document`);
    return found;
  }

  function responsesOf({ responses }: Operation): (readonly [status: string, response: Response])[] {
    return Object.entries(responses).map(([status, response]) => {
      const shared = document.components.responses[response.$ref?.split('/').at(-1) ?? ''];
      return [status, shared ?? response];
    });
  }

  /** Returns the response schemas of an operation, each with its path in the document. */
  function schemasOf(
    name: string,
    operation: Operation,
  ): (readonly [where: string, status: string, schema: Schema])[] {
    return responsesOf(operation).flatMap(([status, { content = {} }]) =>
      Object.values(content).map(({ schema }) => {
        const shared = document.components.schemas[schema.$ref?.split('/').at(-1) ?? ''];
        return [`${name} ${status}`, status, shared ?? schema] as const;
      }),
    );
  }

  it('/openapi.json is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(
      structuredClone(document) as unknown as Record<string, unknown>,
    );
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(validator.version).toBe('3.1');
  });

  it('/openapi.json describes the list route and the show route', () => {
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining([LIST, SHOW]));
  });

  it('/openapi.json describes every property, parameter and response', () => {
    const undescribed: string[] = [];
    for (const [name, one] of operationsOf(document)) {
      for (const parameter of one.parameters) {
        if (!parameter.description) undescribed.push(`${name} parameter ${parameter.name}`);
      }
      for (const [status, response] of responsesOf(one)) {
        if (!response.description) undescribed.push(`${name} ${status}`);
      }
      for (const [where, , schema] of schemasOf(name, one)) {
        eachProperty(schema, where, (location, property) => {
          if (!property.description) undescribed.push(location);
        });
      }
    }
    expect(undescribed).toEqual([]);
  });

  it('/openapi.json names the first microversion of every query parameter and response property of Nova', () => {
    const lacking: string[] = [];
    const check = (location: string, schema: Schema): void => {
      if (!/^2\.\d+$/.test(schema['x-openstack']?.['min-version'] ?? '')) lacking.push(location);
    };
    for (const [name, one] of operationsOf(document)) {
      if (name.startsWith('/action-log/')) continue;
      for (const parameter of one.parameters.filter((parameter) => parameter.in === 'query')) {
        check(`${name} parameter ${parameter.name}`, parameter.schema);
      }
      for (const [where, status, schema] of schemasOf(name, one)) {
        if (status === '200') eachProperty(schema, where, check);
      }
    }
    expect(lacking).toEqual([]);
  });

  it('/openapi.json has the token for each route, and the microversion header for each route of Nova', () => {
    const { securitySchemes } = document.components;
    for (const [path, { security, parameters }] of operationsOf(document)) {
      const [scheme = ''] = Object.keys(security?.[0] ?? {});
      expect(securitySchemes[scheme]).toMatchObject({ type: 'apiKey', in: 'header', name: 'X-Auth-Token' });
      const header = parameters.find(({ name }) => name === 'OpenStack-API-Version');
      if (path.startsWith('/v2.1/')) expect(header).toMatchObject({ in: 'header', required: false });
      else expect(header).toBeUndefined();
    }
  });

  describe('compared with the recorded answers of a real Nova', () => {
    const validators = new Map<string, ValidateFunction>();

    beforeAll(() => {
      const ajv = new Ajv2020({ allowUnionTypes: true, allErrors: true });
      ajv.addVocabulary(['example', 'x-openstack']);
      addFormats.default(ajv);
      for (const path of [LIST, SHOW]) validators.set(path, ajv.compile(schemaOf(path)));
    });

    function schemaOf(path: string): Schema {
      return successContent(operation(path)).schema;
    }

    /** Returns the first validation error of a body; undefined if the body is valid. */
    function problem(path: string, body: Json): string | undefined {
      const validate = validators.get(path);
      if (validate === undefined) throw new Error(`no validator for ${path}`);
      return validate(body) ? undefined : JSON.stringify(validate.errors?.[0]);
    }

    it('/openapi.json matches every recorded answer of a real Nova', () => {
      expect(byDefault.filter(({ path }) => path === LIST)).toHaveLength(412);
      expect(byDefault.filter(({ path }) => path === SHOW)).toHaveLength(385);
      const different = [...byDefault, ...byPolicyFiles]
        .map(({ id, path, body }) => ({ id, problem: problem(path, body) }))
        .filter((one) => one.problem !== undefined);
      expect(different).toEqual([]);
    });

    it('/openapi.json allows no additional property in any object of the recorded answers', () => {
      const allowed: string[] = [];
      let tried = 0;
      for (const { id, path, body } of [...byDefault, ...byPolicyFiles]) {
        for (const [location, changed] of withAdditionalProperty(body)) {
          tried += 1;
          if (problem(path, changed) === undefined) allowed.push(`${id} ${location}`);
        }
      }
      expect(allowed).toEqual([]);
      expect(tried).toBeGreaterThan(100);
    });

    /**
     * Where a property occurs. `since`: the documented minor version. `first`: the minor version of the first recorded
     * answer with it. `missing`: later answers without it.
     */
    interface Sightings {
      readonly since: number;
      first: number | undefined;
      readonly missing: string[];
    }

    /**
     * Returns the occurrences of each property of the schemas. The keys are paths such as `external
     * instanceAction.events.hostId`.
     */
    function sightings(answers: readonly Recorded[]): ReadonlyMap<string, Sightings> {
      const seen = new Map<string, Sightings>();
      const visit = (schema: Schema, value: Json, location: string, since: number, one: Recorded): void => {
        if (Array.isArray(value)) {
          for (const item of value) visit(schema.items ?? {}, item, location, since, one);
        } else if (isObject(value)) {
          for (const [name, property] of Object.entries(schema.properties ?? {})) {
            const within = `${location}${location.endsWith(' ') ? '' : '.'}${name}`;
            // A property occurs only with the property that contains it.
            const from = Math.max(since, minorOf(property));
            const sighting = seen.get(within) ?? { since: from, first: undefined, missing: [] };
            seen.set(within, sighting);
            const inside = value[name];
            if (inside !== undefined) {
              sighting.first = Math.min(sighting.first ?? one.minor, one.minor);
              visit(property, inside, within, from, one);
            } else if (one.minor >= from) {
              sighting.missing.push(one.id);
            }
          }
        }
      };
      for (const one of answers) {
        const [external = {}, internal = external] = schemaOf(one.path).anyOf ?? [schemaOf(one.path)];
        if (one.view === undefined) continue;
        const prefix = one.path === LIST ? 'list ' : `${one.view} `;
        visit(one.view === 'internal' ? internal : external, one.body, prefix, 1, one);
      }
      return seen;
    }

    it('/openapi.json names the first microversion of each property: recorded answers contain the property from that microversion on, and not before', () => {
      const all = sightings([...byDefault, ...byPolicyFiles]);
      const first = Object.fromEntries([...all].map(([location, { first }]) => [location, first]));
      const since = Object.fromEntries([...all].map(([location, { since }]) => [location, since]));
      expect(since).toEqual(first);
      expect(since).toMatchObject({
        'list instanceActions.updated_at': 58,
        'list links.href': 58,
        'external instanceAction.events.hostId': 62,
        'external instanceAction.events.details': 84,
        'internal instanceAction.events.traceback': 1,
        'internal instanceAction.events.host': 62,
      });

      // The last page of a list has no link to a next page. `details` has its own policy, which allows only
      // administrators.
      const mayBeAbsent = ['list links', 'external instanceAction.events.details'];
      const missing = [...sightings(byDefault)]
        .filter(([location, { missing }]) => missing.length > 0 && !mayBeAbsent.includes(location))
        .map(([location, { missing }]) => `${location}: ${missing.join(', ')}`);
      expect(missing).toEqual([]);
    });
  });
});

function eachProperty(
  schema: Schema,
  location: string,
  visit: (location: string, property: Schema) => void,
): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    visit(`${location} ${name}`, property);
    eachProperty(property, `${location} ${name}`, visit);
  }
  for (const inner of [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])]) {
    eachProperty(inner, location, visit);
  }
}

function minorOf(schema: Schema): number {
  return Number(schema['x-openstack']?.['min-version'].split('.')[1]);
}

/** Yields a copy of the body for each object in the body. In the copy, that object has an additional property. */
function* withAdditionalProperty(body: Json): Generator<readonly [location: string, changed: Json]> {
  for (let index = 0; ; index += 1) {
    const changed = structuredClone(body);
    const target = objectsIn(changed, '')[index];
    if (target === undefined) return;
    const [location, object] = target;
    object['unexpected'] = null;
    yield [location, changed];
  }
}

function objectsIn(
  value: Json,
  location: string,
): (readonly [location: string, object: { [key: string]: Json }])[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => objectsIn(item, `${location}/${index}`));
  if (!isObject(value)) return [];
  const inner = Object.entries(value).flatMap(([name, item]) => objectsIn(item, `${location}/${name}`));
  return [[location, value], ...inner];
}
