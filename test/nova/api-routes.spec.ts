import { beforeAll, describe, expect, it } from '@jest/globals';
import { Get, Module, Param } from '@nestjs/common';
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
import { openApiDocument } from '../../src/operations/pages/openapi-document.js';
import { personas } from '../conformance/cases.js';
import { createSqlite, fillStore, type TestStore } from '../support/databases/stores.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';

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

  it("an ApiRoute returns 403 in Nova's format to a caller without the role that the policy requires", async () => {
    const { answer, body } = await ask('notes', 'nora');
    expect(answer.status).toBe(403);
    expect(body).toEqual({
      forbidden: { code: 403, message: "Policy doesn't allow action_log:notes:list to be performed." },
    });
  });

  it('an ApiRoute returns 400 for an undeclared query parameter and for a value of the wrong type', async () => {
    for (const path of ['notes?other=1', 'notes?limit=x', `servers/${OWN}/notes/first?limit=1`]) {
      const { answer, body } = await ask(path, 'alice');
      expect([path, answer.status, body]).toMatchObject([path, 400, { badRequest: { code: 400 } }]);
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
    expect([denied.answer.status, denied.body]).toEqual([
      404,
      { itemNotFound: { code: 404, message: `Instance ${OTHER} could not be found.` } },
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
