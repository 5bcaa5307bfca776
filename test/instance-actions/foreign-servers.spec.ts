import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { policies } from '../../src/instance-actions/instance-actions.policies.js';
import { RequestSender, type OutgoingRequest } from '../conformance/request-sender.js';
import type { ReceivedAnswer } from '../conformance/compare.js';
import { testSeed } from '../support/random.js';
import { type RunningService, startService } from '../support/service/service.js';
import { createSqlite, fillStore, type TestStore } from '../support/databases/stores.js';
import { closeAfterAll } from '../support/close-after-all.js';

/** The seed of the random generator for all values in these tests. */
const SEED = testSeed('foreign servers');
const RUNS = 2_000;

// ---- callers and servers -------------------------------------------------------------------------------------

const id = fc.stringMatching(/^[0-9a-f]{32}$/);
const roles = fc.subarray(['member', 'reader', 'manager', 'service', 'auditor']);
const [projects = [], [absent = ''] = []] = fc.sample(fc.uniqueArray(id, { minLength: 6, maxLength: 6 }), {
  numRuns: 2,
  seed: SEED,
});

interface Caller {
  readonly user_id: string;
  readonly project_id: string | null;
  readonly domain_id: string | null;
  readonly system_scope: string | null;
  readonly roles: readonly string[];
}

type Scope = 'project_id' | 'domain_id' | 'system_scope';

const caller: fc.Arbitrary<Caller> = fc.oneof(
  { weight: 3, arbitrary: scoped({ project_id: fc.constantFrom(...projects) }) },
  { weight: 1, arbitrary: scoped({ domain_id: id }) },
  { weight: 1, arbitrary: scoped({ system_scope: fc.constant('all') }) },
  { weight: 1, arbitrary: scoped({}) },
);

function scoped(scope: { [Name in Scope]?: fc.Arbitrary<string> }): fc.Arbitrary<Caller> {
  const none = fc.constant(null);
  return fc.record({ user_id: id, project_id: none, domain_id: none, system_scope: none, roles, ...scope });
}

const callers = fc.sample(caller, { numRuns: 250, seed: SEED });

interface KnownServer {
  readonly uuid: string;
  readonly project: string | null;
  readonly deleted: boolean;
  readonly request: string;
}

/** An existing and a deleted server for each project, and two servers without a project. */
const servers: readonly KnownServer[] = [...projects, null].flatMap((project, index) =>
  [false, true].map((deleted) => {
    const number = String(index * 2 + Number(deleted)).padStart(12, '0');
    return { uuid: `00000000-0000-4000-8000-${number}`, project, deleted, request: `req-${number}` };
  }),
);
const ABSENT = absent.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');

// ---- requests ------------------------------------------------------------------------------------------------

const versions = ['2.1', '2.20', '2.21', '2.51', '2.58', '2.62', '2.84', '2.103', 'latest', '2.999', 'x'];
const queries = [
  '',
  '?',
  '?limit=1',
  '?limit=x',
  '?marker=req-000000000000',
  '?changes-since=2026-01-01T00:00:00Z',
];

/** Generates a request, without the id of the server: the test inserts the id later. */
const requestParts = fc.record({
  method: fc.oneof(
    { weight: 6, arbitrary: fc.constant('GET') },
    { weight: 1, arbitrary: fc.constantFrom('HEAD', 'POST', 'DELETE', 'OPTIONS') },
  ),
  root: fc.constantFrom('/v2.1', '/v2', '/v2.1', `/v2.1/${projects[0] ?? ''}`, `/v2.1/${projects[1] ?? ''}`),
  written: fc.constantFrom<(uuid: string) => string>(
    (uuid) => uuid,
    (uuid) => uuid.toUpperCase(),
    (uuid) => uuid.replaceAll('-', ''),
    (uuid) => `{${uuid}}`,
  ),
  resource: fc.constantFrom(
    '/os-instance-actions',
    '/os-instance-actions/',
    '/os-instance-actions/REQUEST',
    '',
  ),
  query: fc.constantFrom(...queries),
  version: fc.constantFrom(...versions),
});

describe.each([
  ['with the default policies', '{}'],
  ['with policies that allow everybody', JSON.stringify(openToEverybody())],
])('a server of another project, %s', (_what, policy) => {
  let store: TestStore;
  let folder: string;
  let service: RunningService;
  let sender: RequestSender;

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await createSqlite());
    await fillStore(store.url, rows());
    folder = await mkdtemp(join(tmpdir(), 'foreign-'));
    keep(() => rm(folder, { recursive: true }));
    const tokens = [...callers, administrator()].map((one, index) => [`token-${index}`, one] as const);
    await writeFile(join(folder, 'tokens.json'), JSON.stringify(Object.fromEntries(tokens)));
    await writeFile(join(folder, 'policy.json'), policy);
    service = keep(
      await startService({
        DATABASE_URL: store.url,
        TOKENS_FILE: join(folder, 'tokens.json'),
        POLICY_FILE: join(folder, 'policy.json'),
      }),
    );
    sender = keep(new RequestSender(service.url, 2));
  });

  const get = (token: number, uuid: string): Promise<ReceivedAnswer> =>
    sender.send(about(uuid, { token, version: '2.103', resource: '/os-instance-actions' }));

  it('a request for a server of another project gets the same response as a request for a server that does not exist', async () => {
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(callers.length - 1),
        fc.constantFrom(...servers),
        requestParts,
        async (token, server, parts) => {
          fc.pre(callers[token]?.project_id === null || callers[token]?.project_id !== server.project);
          const resource = parts.resource.replace('REQUEST', server.request);
          const [forExisting, forAbsent] = [server.uuid, ABSENT].map((uuid) =>
            about(parts.written(uuid), { ...parts, token, resource }),
          );
          if (forExisting === undefined || forAbsent === undefined) throw new Error('a request is missing');
          const answer = await sender.send(forExisting);
          statuses.add(answer.status);
          // OPTIONS returns 200 for every path, so it reveals nothing about a server.
          if (parts.method !== 'OPTIONS') expect(answer.status).not.toBe(200);
          expect(withoutId(answer, parts.written(server.uuid))).toEqual(
            withoutId(await sender.send(forAbsent), parts.written(ABSENT)),
          );
        },
      ),
      { numRuns: RUNS, seed: SEED },
    );
    expect(statuses).toContain(404);
  });

  it('a server is visible to the readers of its project and to administrators', async () => {
    for (const { uuid } of servers) expect((await get(callers.length, uuid)).status).toBe(200);
    for (const { uuid, project } of servers.filter((server) => server.project !== null)) {
      const reader = callers.findIndex((one) => one.project_id === project && one.roles.includes('reader'));
      expect(callers[reader]).toBeDefined();
      expect((await get(reader, uuid)).status).toBe(200);
    }
    expect((await get(callers.length, ABSENT)).status).toBe(404);
  });
});

interface RequestParts {
  readonly token: number;
  readonly resource: string;
  readonly version: string;
  readonly method?: string;
  readonly root?: string;
  readonly query?: string;
}

function about(server: string, { token, resource, version, ...others }: RequestParts): OutgoingRequest {
  const { method = 'GET', root = '/v2.1', query = '' } = others;
  return {
    method,
    path: `${root}/servers/${server}${resource}${query}`,
    headers: { 'X-Auth-Token': `token-${token}`, 'OpenStack-API-Version': `compute ${version}` },
    body: undefined,
  };
}

/** Returns a response without the parts that always differ: the date, the request id, and the id of the server. */
function withoutId({ status, headers, body }: ReceivedAnswer, server: string): unknown {
  const own = new Set(['date', 'x-openstack-request-id', 'x-compute-request-id']);
  const plain = (text: string): string => text.replaceAll(server, 'ID');
  const kept = [...headers].filter(([name]) => !own.has(name)).map(([name, value]) => [name, plain(value)]);
  const requestId = headers.get('x-openstack-request-id') ?? 'none';
  return { status, headers: kept.sort(), body: plain(body).replaceAll(requestId, 'REQUEST') };
}

function administrator(): Caller {
  const [project_id = ''] = projects;
  return { user_id: 'a', project_id, domain_id: null, system_scope: null, roles: ['admin', 'reader'] };
}

function openToEverybody(): object {
  return Object.fromEntries(Object.values(policies).map(({ name }) => [name, '@']));
}

function rows(): Record<string, Record<string, string | number | null>[]> {
  const time = '2026-01-10 11:32:46';
  const plain = { created_at: time, updated_at: time, deleted_at: null };
  return {
    instances: servers.map(({ uuid, project, deleted }, index) => ({
      ...plain,
      id: index + 1,
      uuid,
      project_id: project,
      user_id: 'u',
      host: 'cmp1',
      display_name: 'a server',
      deleted: deleted ? index + 1 : 0,
    })),
    instance_actions: servers.map(({ uuid, project, request }, index) => ({
      ...plain,
      id: index + 1,
      action: 'create',
      instance_uuid: uuid,
      request_id: request,
      user_id: 'u',
      project_id: project,
      start_time: time,
      finish_time: null,
      message: 'a secret',
      deleted: 0,
    })),
  };
}
