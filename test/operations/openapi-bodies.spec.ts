import { beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { createSqlite } from '../support/databases/stores.js';
import { type Content, openApiDocument, type OpenApi, type Operation } from '../support/http/openapi.js';
import { startService } from '../support/service/service.js';
import { ThingsModule } from '../support/service/things-module.js';

const ACTION = '/v2.1/servers/{server_id}/action';

let document: OpenApi;

const keep = closeAfterAll();

beforeAll(async () => {
  const store = keep(await createSqlite());
  document = await openApiDocument(keep(await startService({ DATABASE_URL: store.url }, [ThingsModule])));
});

function operation(method: string, path: string): Operation {
  const found = document.paths[path]?.[method];
  if (found === undefined) throw new Error(`the document has no ${method} ${path}`);
  return found;
}

function bodyOf(method: string, path: string): Content {
  const content = operation(method, path).requestBody?.content['application/json'];
  if (content === undefined) throw new Error(`the document has no body of ${method} ${path}`);
  return content;
}

describe('the documentation of a request body', () => {
  it('the documentation of a request body has a schema for each microversion, newest first', () => {
    const { anyOf = [] } = bodyOf('post', '/v2.1/os-things').schema;
    expect(anyOf).toMatchObject([
      {
        title: 'From microversion 2.10',
        'x-openstack': { 'min-version': '2.10' },
        required: ['thing'],
        properties: {
          thing: {
            description: 'The thing.',
            required: ['name'],
            additionalProperties: false,
            properties: { colour: { enum: ['red', 'blue'], description: 'The colour.' } },
          },
        },
      },
      { title: 'Microversions 2.1 to 2.9', 'x-openstack': { 'min-version': '2.1', 'max-version': '2.9' } },
    ]);
    expect(anyOf[1]?.properties?.['thing']?.properties).not.toHaveProperty('colour');
  });

  it('the documentation of a request body has a valid example for each microversion', () => {
    // The kit checks at the start that the examples have the formats, which ajv does not know.
    const ajv = new Ajv2020({ allowUnionTypes: true, validateFormats: false });
    ajv.addVocabulary(['example', 'x-openstack']);
    const withBody = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).flatMap((method) =>
        item[method]?.requestBody?.content['application/json'] ? [[method, path] as const] : [],
      ),
    );
    expect(withBody).toEqual(
      expect.arrayContaining([
        ['post', '/v2.1/os-server-groups'],
        ['put', '/v2.1/os-things/{thing_id}'],
        ['post', '/action-log/v1/notes'],
        ['post', ACTION],
      ]),
    );
    for (const [method, path] of withBody) {
      const { schema, examples = {} } = bodyOf(method, path);
      const schemas = schema.anyOf ?? [schema];
      const values = Object.values(examples).map(({ value }) => value);
      expect([path, values.length]).toEqual([path, schemas.length]);
      for (const [index, one] of schemas.entries())
        expect([path, ajv.validate(one, values[index]), ajv.errors]).toEqual([path, true, null]);
    }
    const { examples } = bodyOf('post', '/v2.1/os-things');
    expect(examples?.['From microversion 2.10']?.value).toEqual({ thing: { name: 'pen' } });
  });

  it('the documentation of a route that writes has the status of its response', () => {
    const success = (method: string, path: string): string[] =>
      Object.keys(operation(method, path).responses).filter((status) => status.startsWith('2'));
    expect(success('post', '/v2.1/os-things')).toEqual(['201']);
    expect(success('put', '/v2.1/os-things/{thing_id}')).toEqual(['202']);
    expect(success('delete', '/v2.1/os-things/{thing_id}')).toEqual(['204']);
    expect(operation('delete', '/v2.1/os-things/{thing_id}').responses['204']).not.toHaveProperty('content');
    expect(operation('delete', '/v2.1/os-things/{thing_id}')).not.toHaveProperty('requestBody');
  });

  it('the documentation of a route that writes has the faults of its declaration, and those of all routes', () => {
    const { responses } = operation('put', '/v2.1/os-things/{thing_id}');
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['400', '409', '413', '415']));
    expect(responses['409']).toMatchObject({
      description: 'The name is taken.',
      content: {
        'application/json': { example: { conflictingRequest: { code: 409, message: 'The name is taken.' } } },
      },
    });
    expect(operation('delete', '/v2.1/os-things/{thing_id}').responses).not.toHaveProperty('409');
  });
});

describe('the documentation of the actions on servers', () => {
  it('the documentation of the actions on servers names each action, its policy and its first microversion', () => {
    const { description } = operation('post', ACTION) as Operation & { readonly description: string };
    expect(description).toContain(
      '- `poke` (Pokes): Poke a server. The server remembers it. Status: 202. Policy: `os_compute_api:things:rename`.',
    );
    expect(description).toContain('- `describe` (Pokes): Describe a server.');
    expect(description).toContain('From microversion 2.10. Status: 200.');
    expect(Object.keys(bodyOf('post', ACTION).examples ?? {})).toEqual(
      expect.arrayContaining(['poke', 'describe', 'unlock', 'lock: From microversion 2.73']),
    );
    expect(Object.keys(operation('post', ACTION).responses)).toEqual(
      expect.arrayContaining(['200', '202', '409', '413', '415']),
    );
  });
});
