import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Get, Module, Param } from '@nestjs/common';
import { createServer, type Server as HttpServer, type ServerResponse } from 'node:http';
import { pino } from 'pino';
import { endIfLong } from '../../src/common/http/long-response.js';
import type { RequestContext } from '../../src/identity/request-context.js';
import { Caller, CheckedQuery, TargetServer } from '../../src/nova/pipeline/parameters.js';
import { ApiResource } from '../../src/nova/pipeline/resource.js';
import type { Policy } from '../../src/nova/policy/policy.js';
import { NovaModule } from '../../src/nova/nova.module.js';
import { QueryParameter } from '../../src/nova/query/query-parameter.js';
import { ApiRoute } from '../../src/nova/route/declarations.js';
import { objectSchema } from '../../src/nova/schema/fields.js';
import type { Server } from '../../src/nova/servers/server.js';
import { sameForBothViews } from '../../src/nova/view/view.js';
import { AuditLog } from '../../src/operations/log/audit-log.js';
import { openApiDocument } from '../../src/operations/pages/openapi-document.js';
import { personas } from '../conformance/cases.js';
import { createSqlite, fillStore, type TestStore } from '../support/databases/stores.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { WireClient } from '../support/http/wire-client.js';
import { journal, JournalModule } from '../support/service/journal-module.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { until } from '../support/time/until.js';

function policy(name: string, rule: string): Policy {
  const operations = [{ method: 'GET', path: '/action-log/v1/notes' }];
  return { name: `action_log:notes:${name}`, rule, description: 'Notes.', operations, scopes: ['project'] };
}

const READ = policy('list', 'role:reader');
const AUTHORS = policy('list:authors', 'rule:context_is_admin');

class NotesQuery {
  @QueryParameter({ kind: 'nonNegativeInteger', description: 'The maximum number of notes to return.' })
  limit?: number;
}

interface Note {
  readonly text: string;
  readonly author: string;
  readonly limit: number | undefined;
}

const note = sameForBothViews(objectSchema('A note', { text: { description: 'The text.' } }));

@ApiResource('action-log/v1/notes', { title: 'Notes' })
class NotesController {
  @Get()
  @ApiRoute({
    summary: 'List the notes',
    description: 'All of them.',
    query: NotesQuery,
    policy: READ,
    internal: AUTHORS,
    view: {
      external: ({ text, limit }: Note, scope) => ({
        text,
        limit,
        links: [scope.nextPage('action-log/v1/notes', 'x')],
      }),
      internal: ({ text, author }: Note) => ({ text, author }),
    },
    response: note,
  })
  list(@Caller() { userId }: RequestContext, @CheckedQuery() { limit }: NotesQuery): Note {
    return { text: 'a note', author: userId, limit };
  }
}

@ApiResource('action-log/v1/servers/:id/notes', { title: 'Server notes', server: 'id' })
class ServerNotesController {
  @Get(':server_id')
  @ApiRoute({
    summary: 'Show a note on a server',
    description: 'By its name.',
    policy: READ,
    view: sameForBothViews(({ text }: Note) => ({ text })),
    response: note,
  })
  show(@TargetServer() server: Server, @Param('server_id') name: string): Note {
    return { text: `${name} on ${server.uuid}`, author: '', limit: undefined };
  }
}

@Module({ imports: [NovaModule], controllers: [NotesController, ServerNotesController] })
class NotesModule {}

describe('an ApiRoute outside of Nova’s paths', () => {
  let store: TestStore;
  let service: RunningService;
  const OWN = '11111111-1111-4111-8111-111111111111';
  const OTHER = '22222222-2222-4222-8222-222222222222';
  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await createSqlite());
    await fillStore(store.url, {
      instances: [
        { uuid: OWN, project_id: personas['alice']?.project_id, deleted: 0 },
        { uuid: OTHER, project_id: personas['bob']?.project_id, deleted: 0 },
      ],
    });
    service = keep(await startService({ DATABASE_URL: store.url }, [NotesModule]));
  });

  async function ask(path: string, persona?: string): Promise<{ answer: Response; body: unknown }> {
    const headers = { ...(persona && { 'X-Auth-Token': personaTokens[persona] ?? '' }) };
    const answer = await fetch(`${service.url}/action-log/v1/${path}`, { headers });
    return { answer, body: await answer.json() };
  }

  it('an ApiRoute returns 401 without a token', async () => {
    const { answer, body } = await ask('notes');
    expect([answer.status, body]).toMatchObject([401, { error: { code: 401 } }]);
  });

  it('an ApiRoute returns 403 to a caller without the role that the policy requires', async () => {
    const { answer, body } = await ask('notes', 'nora');
    expect(answer.status).toBe(403);
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
    expect(body).toEqual({
      type: '/action-log/problems/forbidden',
      title: 'The policy does not allow the request',
      status: 403,
      detail: "Policy doesn't allow action_log:notes:list to be performed.",
      request_id: answer.headers.get('x-openstack-request-id'),
    });
  });

  it('an ApiRoute returns 400 that names each undeclared query parameter and each value of the wrong type', async () => {
    const unknown = 'the request has no such parameter';
    for (const [path, ...errors] of [
      [
        'notes?other=1&limit=x',
        { parameter: 'other', detail: unknown },
        { parameter: 'limit', detail: "'x' is not an integer of 0 or more" },
      ],
      [`servers/${OWN}/notes/first?limit=1`, { parameter: 'limit', detail: unknown }],
    ] as const) {
      const { answer, body } = await ask(path, 'alice');
      const problem = { type: '/action-log/problems/validation-failed', errors };
      expect([path, answer.status, body]).toMatchObject([path, 400, problem]);
    }
  });

  it('an ApiRoute returns the external view to a tenant and the internal view to an administrator', async () => {
    const tenant = await ask('notes?limit=5', 'alice');
    const next = `${service.url}/action-log/v1/notes?limit=5&marker=x`;
    expect([tenant.answer.status, tenant.body]).toEqual([
      200,
      { text: 'a note', limit: 5, links: [{ rel: 'next', href: next }] },
    ]);
    expect((await ask('notes', 'adam')).body).toEqual({ text: 'a note', author: personas['adam']?.user_id });
  });

  it('an ApiRoute responds without microversion headers', async () => {
    const { answer } = await ask('notes', 'alice');
    expect(answer.headers.get('OpenStack-API-Version')).toBeNull();
    expect(answer.headers.get('x-openstack-request-id')).toMatch(/^req-/);
  });

  it('an ApiRoute finds the server by the path parameter that the resource declares, even if another parameter is called server_id', async () => {
    const { answer, body } = await ask(`servers/${OWN}/notes/first`, 'alice');
    expect([answer.status, body]).toEqual([200, { text: `first on ${OWN}` }]);
    const denied = await ask(`servers/${OTHER}/notes/first`, 'alice');
    expect([denied.answer.status, denied.body]).toMatchObject([
      404,
      { type: '/action-log/problems/not-found', detail: `Instance ${OTHER} could not be found.` },
    ]);
  });

  it("the OpenAPI document describes an ApiRoute with the path parameter for the server's id, and without a microversion header", () => {
    const { paths } = openApiDocument(service.application);
    const list = paths['/action-log/v1/notes']?.get?.parameters as { name: string; description: string }[];
    expect(list.map(({ name }) => name)).toEqual(['limit']);
    expect(list[0]?.description).toBe('The maximum number of notes to return.');
    const show = paths['/action-log/v1/servers/{id}/notes/{server_id}']?.get?.parameters as object[];
    expect(show[0]).toMatchObject({ name: 'id', in: 'path', description: "The server's UUID." });
  });
});

describe('a resource of a server', () => {
  it("the service rejects a resource of a server if the path lacks the path parameter for the server's id", () => {
    expect(() => ApiResource('notes/:id', { title: 'Notes', server: 'server_id' })).toThrow(
      "the path notes/:id must contain the server's parameter :server_id",
    );
  });
});

const LINES = 'application/x-ndjson';

describe('an ApiRoute with properties that routes of Nova do not have', () => {
  const keep = closeAfterAll();
  let store: TestStore;
  let service: RunningService;
  let server: HttpServer;

  beforeAll(async () => {
    store = keep(await createSqlite());
    service = keep(await startService({ DATABASE_URL: store.url }, [JournalModule]));
    server = service.application.getHttpServer();
  });

  beforeEach(() => {
    Object.assign(journal, {
      made: 0,
      ended: 0,
      failed: 0,
      lines: [],
      onLine: () => undefined,
      onItem: () => undefined,
    });
  });

  const urlOf = (path: string): string => `${service.url}/action-log/v1/journal${path}`;
  const tokenOf = (persona: string): Readonly<Record<string, string>> => ({
    'X-Auth-Token': personaTokens[persona] ?? '',
  });

  function send(path: string, init: RequestInit = {}, persona = 'alice'): Promise<Response> {
    return fetch(urlOf(path), { ...init, headers: { ...tokenOf(persona), ...init.headers } });
  }

  async function problem(answer: Response): Promise<unknown> {
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
    const body = (await answer.json()) as { status: number; request_id: string };
    expect([body.status, body.request_id]).toEqual([
      answer.status,
      answer.headers.get('x-openstack-request-id'),
    ]);
    return body;
  }

  describe('with PATCH and declared headers', () => {
    const change = (headers: object, body: object = { text: 'new' }): Promise<Response> =>
      send('/1', {
        method: 'PATCH',
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json', ...headers },
      });

    it('a handler of PATCH gets the declared headers of the request', async () => {
      expect(await (await change({ 'idempotency-key': 'k-1' })).json()).toEqual({ key: 'k-1', text: 'new' });
      expect(await (await change({})).json()).toEqual({ text: 'new' });
    });

    it.each(['', 'x y', 'longer than allowed'])(
      'an invalid header is named in a problem: %j',
      async (key) => {
        const answer = await change({ 'Idempotency-Key': key });
        expect([answer.status, await problem(answer)]).toMatchObject([
          400,
          { type: '/action-log/problems/validation-failed', errors: [{ header: 'Idempotency-Key' }] },
        ]);
      },
    );

    it('an invalid body of PATCH is a problem that names all faults, and a body of another type returns 415', async () => {
      const answer = await change({}, { text: 'too long', other: 1 });
      expect(await problem(answer)).toMatchObject({
        status: 400,
        errors: [{ pointer: '/text' }, { pointer: '/other' }],
      });
      for (const headers of [
        { 'Content-Type': 'text/xml' },
        { 'Content-Type': 'application/json; charset=latin1' },
        { 'Content-Encoding': 'gzip' },
      ])
        expect([headers, await problem(await change(headers))]).toMatchObject([headers, { status: 415 }]);
      expect((await change({ 'Content-Type': 'application/json;charset=UTF-8' })).status).toBe(200);
    });

    it('a body without a Content-Length is read up to MAX_BODY_SIZE, and an empty body is named', async () => {
      const streamed = (text: string): Promise<Response> =>
        send('/1', {
          method: 'PATCH',
          body: new Blob([text]).stream(),
          headers: { 'Content-Type': 'application/json' },
          duplex: 'half',
        });
      expect(await (await streamed('{"text": "new"}')).json()).toEqual({ text: 'new' });
      expect(await problem(await streamed(JSON.stringify({ text: 'x'.repeat(400_000) })))).toMatchObject({
        status: 413,
      });
      const empty = { errors: [{ pointer: '', detail: 'the body is empty; send a JSON object' }] };
      for (const answer of [await streamed(''), await send('/1', { method: 'PATCH' })])
        expect(await problem(answer)).toMatchObject({ status: 400, ...empty });
    });
  });

  describe('with a Link header', () => {
    it('the response has the addresses of the next and the previous page, if there are any', async () => {
      const linkOf = async (path: string): Promise<string | null> => (await send(path)).headers.get('Link');
      const previous = '<https://log.example.org/previous>; rel="prev"';
      expect(await linkOf('')).toBe(`<https://log.example.org/next>; rel="next", ${previous}`);
      expect(await linkOf('?limit=1')).toBe(previous);
    });
  });

  describe('with an ETag', () => {
    it('the ETag depends on the bytes of the response, and the response varies with the token', async () => {
      const [one, same, operator] = [await send('/1'), await send('/1'), await send('/1', {}, 'adam')];
      const tag = one.headers.get('ETag');
      expect(tag).toMatch(/^"[\w-]{43}"$/);
      expect(same.headers.get('ETag')).toBe(tag);
      expect(operator.headers.get('ETag')).not.toBe(tag);
      expect(one.headers.get('Vary')).toBe('X-Auth-Token');
    });

    it.each([(tag: string) => tag, (tag: string) => `"x", W/${tag}`, () => '*'])(
      'a client that already has the response gets 304 without a body: %s',
      async (header) => {
        const tag = (await send('/1')).headers.get('ETag') ?? '';
        const answer = await send('/1', { headers: { 'If-None-Match': header(tag) } });
        const { headers, status } = answer;
        expect([status, await answer.text(), headers.get('Content-Type')]).toEqual([304, '', null]);
        expect([headers.get('ETag'), headers.get('Vary')]).toEqual([tag, 'X-Auth-Token']);
      },
    );

    it('a client with another response gets the whole response', async () => {
      const answer = await send('/1', { headers: { 'If-None-Match': '"x"' } });
      expect([answer.status, await answer.json()]).toEqual([200, { number: 1 }]);
    });

    it('HEAD returns the headers of GET without a body, also with the status 304', async () => {
      const get = await send('/1');
      const tag = get.headers.get('ETag') ?? '';
      const head = await send('/1', { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
      for (const name of ['ETag', 'Content-Length', 'Content-Type'])
        expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
      expect((await send('/1', { method: 'HEAD', headers: { 'If-None-Match': tag } })).status).toBe(304);
    });
  });

  describe('with lines in the response', () => {
    const lines = (path: string, persona?: string, signal?: AbortSignal): Promise<Response> =>
      send(path, { headers: { Accept: LINES }, ...(signal && { signal }) }, persona);

    it.each([undefined, '*/*', 'application/json', `${LINES};q=0.5, application/json`])(
      'JSON is the default: Accept: %s',
      async (accept) => {
        const answer = await send('', { headers: accept === undefined ? {} : { Accept: accept } });
        expect(answer.headers.get('Vary')).toBe('Accept');
        expect(await answer.json()).toEqual({ items: [{ number: 0 }, { number: 1 }] });
      },
    );

    it('a client that accepts neither JSON nor lines gets 406', async () => {
      expect(await problem(await send('', { headers: { Accept: 'text/html' } }))).toMatchObject({
        type: '/action-log/problems/not-acceptable',
        detail: `The response can only be application/json or ${LINES}.`,
      });
      expect((await send('/1', { headers: { Accept: 'text/html' } })).status).toBe(200);
    });

    it('each line has the view of the caller', async () => {
      const answer = await lines('?limit=2');
      expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, LINES]);
      expect(await answer.text()).toBe('{"number":0}\n{"number":1}\n');
      expect(await (await lines('?limit=1', 'adam')).text()).toBe(
        `{"number":0,"secret":"${'s'.repeat(100)}"}\n`,
      );
    });

    it('an error before the first line is the usual problem', async () => {
      expect(await problem(await lines('?fail_before=0'))).toMatchObject({ status: 409 });
    });

    it('after an error in the middle, the last line is a problem', async () => {
      const answer = await lines('?limit=9&fail_before=1');
      const [first, last, ...more] = (await answer.text()).split('\n');
      expect([answer.status, first, more]).toEqual([200, '{"number":0}', ['']]);
      expect(JSON.parse(last ?? '')).toMatchObject({
        type: '/action-log/problems/conflict',
        detail: 'The journal fails.',
        request_id: answer.headers.get('x-openstack-request-id'),
      });
    });

    it('the handler makes lines only as fast as the client reads them, and ends when the client closes the connection', async () => {
      const abort = new AbortController();
      const answer = await lines('?limit=100000000', 'adam', abort.signal);
      await until(
        isStable(() => journal.made),
        'the handler waits for the client',
      );
      expect(journal.ended).toBe(0);
      const made = journal.made;
      const reader = answer.body?.getReader();
      await until(async () => {
        await reader?.read();
        return journal.made > made;
      }, 'the handler continues');
      abort.abort();
      await until(() => journal.ended === 1, 'the generator of the handler has ended');
    });

    it('a graceful shutdown tells the handler to return its last line', async () => {
      const responses: ServerResponse[] = [];
      server.once('request', (_request, response: ServerResponse) => responses.push(response));
      journal.onItem = (index) => {
        if (index === 2) for (const response of responses) endIfLong(response);
        return undefined;
      };
      const answer = await lines('?limit=1000');
      expect(answer.headers.get('Connection')).toBe('close');
      expect(await answer.text()).toBe('{"number":0}\n{"number":1}\n{"number":-1}\n');
    });
  });

  describe('with lines in the body', () => {
    const post = (body: NonNullable<RequestInit['body']>, type = LINES): Promise<Response> =>
      send(':import', {
        method: 'POST',
        body,
        headers: { 'Content-Type': type },
        duplex: 'half',
      });

    it('the handler gets each line with its number, without empty lines, also from a body larger than MAX_BODY_SIZE', async () => {
      const long = 'x'.repeat(1_048_576);
      expect(await (await post(`one\n\ntwo ä\r\n${long}\nlast`, `${LINES}; charset=utf-8`)).json()).toEqual({
        lines: 4,
      });
      expect(journal.lines.map(({ number, text }) => [number, text.length])).toEqual([
        [1, 3],
        [3, 6],
        [4, long.length],
        [5, 4],
      ]);
      expect(await (await post('')).json()).toEqual({ lines: 4 });
    });

    it.each([
      ['is not UTF-8', Buffer.from('a\n\xff\nb', 'latin1')],
      ['has more than 1048576 bytes', `a\n${'x'.repeat(1_048_577)}\nb`],
    ])('a line that %s is a problem with its number, after the lines before it', async (detail, body) => {
      expect(await problem(await post(body))).toMatchObject({
        type: '/action-log/problems/invalid-line',
        ...{ status: 400, detail: `Line 2 ${detail}.`, line: 2 },
      });
      expect(journal.lines).toEqual([{ number: 1, text: 'a' }]);
    });

    it.each(['application/json', 'text/plain', ''])(
      'a body of another type returns 415: %j',
      async (type) => {
        expect(await problem(await post(Buffer.from('a'), type))).toMatchObject({ status: 415 });
      },
    );

    it('a client gets the response of a handler that stops early, although it still sends the body', async () => {
      const answer = await post(`stop\n${'x\n'.repeat(8_000_000)}`);
      expect(await problem(answer)).toMatchObject({ status: 409, detail: 'The import stops.' });
      expect(journal.lines).toHaveLength(1);
    });

    it('the service reads the body only as fast as the handler processes the lines', async () => {
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      journal.onLine = () => gate;
      let sent = 0;
      const line = Buffer.from(`${'x'.repeat(99_999)}\n`);
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += 1;
          if (sent > 1_000) controller.close();
          else controller.enqueue(line);
        },
      });
      const answer = post(body);
      await until(
        isStable(() => sent),
        'the client waits for the service',
      );
      expect([journal.lines.length, sent < 1_000]).toEqual([1, true]);
      release();
      expect(await (await answer).json()).toEqual({ lines: 1_000 });
    });

    /** Sends a request with the first line of a longer body. */
    async function startBody({ url }: RunningService): Promise<WireClient> {
      const client = await WireClient.connect(url);
      const token = personaTokens['alice'] ?? '';
      client.send(
        `POST /action-log/v1/journal:import HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${token}\r\n` +
          `Content-Type: ${LINES}\r\nContent-Length: 1000\r\n\r\nfirst\n`,
      );
      return client;
    }

    it('a client that stops sending gets 408 after REQUEST_TIMEOUT', async () => {
      const impatient = await startService({ DATABASE_URL: store.url, REQUEST_TIMEOUT: '1' }, [
        JournalModule,
      ]);
      try {
        const client = await startBody(impatient);
        await client.receive('"The request took too long to arrive."');
        expect(client.text).toMatch(/^HTTP\/1\.1 408 [^]*"type":"\/action-log\/problems\/timeout"/);
        client.close();
      } finally {
        await impatient.stop();
      }
    });

    it('REQUEST_TIMEOUT does not limit the time of the whole body', async () => {
      const sockets: unknown[] = [];
      server.once('request', ({ socket }: ServerResponse) => sockets.push(socket));
      const client = await startBody(service);
      await until(() => journal.lines.length === 1, 'the handler has the first line');
      // Node emits this event after REQUEST_TIMEOUT.
      server.emit(
        'clientError',
        Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }),
        sockets[0],
      );
      client.send(`${'x'.repeat(993)}\n`);
      await client.receive('{"lines":2}');
      client.close();
    });

    it('a graceful shutdown ends the body with 503, after which the client may continue', async () => {
      server.once('request', (_request, response: ServerResponse) => {
        journal.onLine = () => {
          endIfLong(response);
          return undefined;
        };
      });
      const client = await startBody(service);
      await client.receive('"retry_after":5');
      expect(client.text).toMatch(/^HTTP\/1\.1 503 /);
      client.close();
    });

    it('the handler ends if the client closes the connection before the end of the body', async () => {
      const client = await startBody(service);
      await until(() => journal.lines.length === 1, 'the handler has the first line');
      client.close();
      await until(() => journal.failed === 1, 'the handler has got an error');
    });
  });

  describe('with an audit', () => {
    const written: Record<string, unknown>[] = [];
    let stop: () => void;

    beforeEach(() => {
      written.length = 0;
      const write = (line: string): unknown => written.push(JSON.parse(line) as Record<string, unknown>);
      // Neither the level of the log nor the access log decides about these lines.
      stop = new AuditLog(pino({ level: 'silent' }, { write }), server).listen();
    });

    afterEach(() => {
      stop();
    });

    it('a request has a line in the audit log without its token, with the number of items of the response', async () => {
      const answer = await send('?limit=3&all_projects=true');
      await answer.text();
      await until(() => written.length > 0, 'the line is written');
      const { user_id, project_id, roles } = personas['alice'] ?? {};
      expect(written).toEqual([
        expect.objectContaining({
          ...{
            logger: 'Audit',
            level: 30,
            msg: 'audited read',
            reason: 'all projects',
            items: 3,
            status: 200,
          },
          ...{ policy: 'action_log:journal:read', user_id, project_id, roles, address: '127.0.0.1' },
          ...{ path: '/action-log/v1/journal', query: 'limit=3&all_projects=true' },
          request_id: answer.headers.get('x-openstack-request-id'),
        }),
      ]);
      expect(JSON.stringify(written)).not.toContain(personaTokens['alice']);
    });

    it('a request has no line in the audit log of another application of the same process', async () => {
      const foreign: string[] = [];
      const write = (line: string): unknown => foreign.push(line);
      const stopForeign = new AuditLog(pino({ level: 'silent' }, { write }), createServer()).listen();
      await (await send('?all_projects=true')).text();
      await until(() => written.length > 0, 'the line is written');
      stopForeign();
      expect(foreign).toEqual([]);
    });

    it('the declaration decides which requests have a line', async () => {
      await (await send('')).text();
      await (await send('', {}, 'adam')).text();
      await until(() => written.length > 0, 'the line is written');
      expect(written).toMatchObject([{ reason: 'internal view', items: 2 }]);
    });

    it('a request whose handler fails has a line, but a request that a guard rejects has none', async () => {
      await (await send('?all_projects=true&fail_before=0')).text();
      await (await send('?all_projects=true', {}, 'nora')).text();
      await (await send('?all_projects=true&limit=x')).text();
      await until(() => written.length > 0, 'the line is written');
      expect(written).toMatchObject([{ status: 409, items: 0 }]);
    });

    it('lines have a line in the audit log at their start and at their end, also if the client closes the connection', async () => {
      const abort = new AbortController();
      const init = { headers: { Accept: LINES }, signal: abort.signal };
      await send('?limit=100000000&all_projects=true', init);
      await until(() => written.length === 1, 'the first line is written');
      expect(written[0]).toMatchObject({ msg: 'audited read starts', reason: 'all projects' });
      expect(written[0]).not.toHaveProperty('status');
      abort.abort();
      await until(() => written.length === 2, 'the last line is written');
      expect(written[1]).toMatchObject({ msg: 'audited read', status: 200, cut: true });
      expect(Number(written[1]?.['items'])).toBeGreaterThan(0);
    });
  });

  it.each([
    ['GET', '/action-log/v1/journals', 404, null],
    ['POST', '/action-log/', 404, null],
    ['DELETE', '/action-log/v1/journal/1', 405, 'GET, HEAD, PATCH'],
    ['POST', '/action-log/v1/journal', 405, 'GET'],
    ['PUT', '/action-log/v1/journal:import', 405, 'POST'],
  ])(
    '%s %s returns a problem with the status %d, also without a token',
    async (method, path, status, allow) => {
      const answer = await fetch(service.url + path, { method });
      expect([answer.status, answer.headers.get('Allow')]).toEqual([status, allow]);
      await problem(answer);
    },
  );

  it('the hooks, which run before the route is known, respond with problems', async () => {
    const tooLarge = await send('/1', {
      method: 'PATCH',
      body: JSON.stringify({ text: 'x'.repeat(200_000) }),
    });
    expect(await problem(tooLarge)).toMatchObject({
      type: '/action-log/problems/body-too-large',
      ...{ status: 413, detail: 'The body of the request is too large.' },
    });
    expect(await problem(await send(`?x=${'x'.repeat(9_000)}`))).toMatchObject({
      type: '/action-log/problems/address-too-long',
      status: 414,
    });
    const limited = await startService({ DATABASE_URL: store.url, RATE_LIMIT: '1' }, [JournalModule]);
    const orphaned = await startService({
      DATABASE_URL: store.url,
      TOKENS_FILE: '',
      OS_AUTH_URL: 'http://127.0.0.1:1/v3',
      ...{ OS_USERNAME: 'nova', OS_PASSWORD: 'secret', OS_PROJECT_NAME: 'service' },
    });
    try {
      const [headers, path] = [tokenOf('alice'), '/action-log/v1/journal'] as const;
      await (await fetch(limited.url + path, { headers })).text();
      const second = await fetch(limited.url + path, { headers });
      expect(await problem(second)).toMatchObject({
        type: '/action-log/problems/too-many-requests',
        ...{ status: 429, retry_after: Number(second.headers.get('Retry-After')) },
      });
      expect(await problem(await fetch(`${orphaned.url}/action-log/v1/recorder`, { headers }))).toMatchObject(
        {
          type: '/action-log/problems/unavailable',
          ...{ status: 503, retry_after: 5 },
        },
      );
    } finally {
      await limited.stop();
      await orphaned.stop();
    }
  });

  it('a path with an empty id returns a problem with the status 404', async () => {
    expect(await problem(await send('/'))).toMatchObject({ status: 404 });
  });

  it('the OpenAPI document describes headers, links, both types of a response, lines in a body, and problems', () => {
    const { paths } = openApiDocument(service.application);
    const [list, show, change, imported] = [
      paths['/action-log/v1/journal']?.get,
      paths['/action-log/v1/journal/{id}']?.get,
      paths['/action-log/v1/journal/{id}']?.patch,
      paths['/action-log/v1/journal:import']?.post,
    ];
    expect(list?.responses['200']).toMatchObject({
      headers: { Link: {} },
      content: {
        'application/json': {},
        [LINES]: { schema: { type: 'string' }, example: '{"number":1,"secret":"s"}\n' },
      },
    });
    expect(list?.responses['406']).toMatchObject({ content: { 'application/problem+json': {} } });
    expect(show?.responses).toMatchObject({ 200: { headers: { ETag: {} } }, 304: { headers: { ETag: {} } } });
    expect(show?.responses['304']).not.toHaveProperty('content');
    expect(show?.parameters).toMatchObject([{ name: 'id' }, { name: 'If-None-Match', in: 'header' }]);
    expect(change?.parameters).toMatchObject([
      { name: 'id' },
      {
        name: 'Idempotency-Key',
        in: 'header',
        required: false,
        schema: { pattern: '^(?:[\\x21-\\x7e]{1,8})$' },
      },
    ]);
    expect(change?.requestBody).toMatchObject({
      content: { 'application/json': { examples: { 'An example': { value: { text: 'new' } } } } },
    });
    const ofChange = change?.responses['403'] as { content: Record<string, { examples: object }> };
    expect(Object.keys(ofChange.content['application/problem+json']?.examples ?? {})).toEqual(['forbidden']);
    expect(change?.responses['409']).toMatchObject({
      description: 'The item has another state.',
      content: { 'application/problem+json': { examples: { conflict: { value: { status: 409 } } } } },
    });
    expect(imported?.requestBody).toMatchObject({
      content: { [LINES]: { examples: { 'An example': { value: '{"number":1}\n' } } } },
    });
  });
});

/** Returns a function that returns true if a number is greater than 0 and has not changed during its last 20 calls. */
function isStable(count: () => number): () => boolean {
  let last = 0;
  let calls = 0;
  return () => {
    calls = count() === last ? calls + 1 : 0;
    last = count();
    return last > 0 && calls > 20;
  };
}
