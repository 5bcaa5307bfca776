import { beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { personas } from '../conformance/cases.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { storeKinds } from '../support/databases/stores.js';
import { type Random, seededRandom } from '../support/random.js';
import { type SharedStore, startTwoServices } from '../support/service/two-services.js';
import { send, sendAndLose, type WriteAnswer } from '../support/service/write-client.js';
import { until } from '../support/time/until.js';

const GROUPS = 'os-server-groups';
const QUOTA = 3;
const OVERRIDE = "Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be performed.";
const OVER_QUOTA = 'Quota exceeded, too many server groups.';

const projectOf = (persona: string): string => personas[persona]?.project_id ?? '';
const SERVERS = ['alice', 'bob'].map((owner, n) => ({
  uuid: `5e7e5e7e-0000-4000-8000-00000000000${n + 1}`,
  project_id: projectOf(owner),
  /** The callers who may lock the server. */
  users: owner === 'alice' ? ['alice', 'mona', 'admin'] : ['bob', 'admin'],
}));

/** A request, and the response to it. */
interface Sent {
  readonly kind: 'create' | 'delete' | 'lock' | 'unlock';
  readonly persona: string;
  /** The name of a new group, or the id of a group or of a server. */
  readonly target: string;
  /** True if the client had already sent the request once, but closed the connection before the response. */
  readonly isRepeated: boolean;
  readonly answer: WriteAnswer;
}

interface Entry {
  readonly action: string;
  readonly instance_uuid: string;
  readonly request_id: string;
  readonly project_id: string;
  readonly result: string | null;
}

/** The rows of the store, read while lost requests may still be in progress. */
interface Stored {
  readonly groups: readonly { readonly uuid: string; readonly name: string; readonly project_id: string }[];
  readonly policies: number;
  /** The entries of the log, in the order in which their events ended. */
  readonly entries: readonly Entry[];
  /** The role that has locked each server, by the UUID of the server. */
  readonly locks: Readonly<Record<string, string | null>>;
}

describe.each(storeKinds)('random writes at the same time on %s', (_kind, createStore) => {
  const keep = closeAfterAll();
  let store: SharedStore;
  let source: DataSource;

  beforeAll(async () => {
    const rows = SERVERS.map(({ uuid, project_id }) => ({ uuid, project_id, user_id: 'a-user', deleted: 0 }));
    store = await startTwoServices(
      keep,
      createStore,
      { instances: rows },
      { SERVER_GROUPS_QUOTA: String(QUOTA) },
    );
    ({ source } = store);
  });

  /** Sends a random request. For one request in four, the client closes the connection, and sends the request again. */
  async function act(random: Random, name: string, ids: readonly string[]): Promise<Sent> {
    const kind = random.pick(['create', 'delete', 'lock', 'unlock'] as const);
    const server = random.pick(SERVERS);
    const isGroup = kind === 'create' || kind === 'delete';
    const persona = random.pick(isGroup ? ['alice', 'mona', 'bob', 'admin'] : server.users);
    const target = kind === 'create' ? name : kind === 'delete' ? random.pick([...ids, name]) : server.uuid;
    const request = {
      create: ['POST', GROUPS, { server_group: { name, policy: 'affinity' } }],
      delete: ['DELETE', `${GROUPS}/${target}`],
      lock: ['POST', `servers/${target}/action`, { lock: null }],
      unlock: ['POST', `servers/${target}/action`, { unlock: null }],
    }[kind] as [string, string, object?];
    const service = random.pick(store.services);
    const isRepeated = random.chance(0.25);
    const moment = random.pick(['finish', 'response'] as const);
    if (isRepeated) await sendAndLose(service, moment, persona, ...request);
    return { kind, persona, target, isRepeated, answer: await send(service, persona, ...request) };
  }

  async function read(): Promise<Stored> {
    const [{ total } = { total: -1 }] = await source.query<{ total: number | string }[]>(
      'SELECT COUNT(*) AS total FROM instance_group_policy',
    );
    const locks = await source.query<{ uuid: string; locked: number | null; locked_by: string | null }[]>(
      'SELECT uuid, locked, locked_by FROM instances',
    );
    return {
      groups: await source.query<Stored['groups'][number][]>(
        'SELECT uuid, name, project_id FROM instance_groups',
      ),
      policies: Number(total),
      entries: await source.query<Entry[]>(
        `SELECT action, instance_uuid, request_id, project_id, result FROM instance_actions
        LEFT JOIN instance_actions_events event ON event.action_id = instance_actions.id
        ORDER BY event.finish_time, event.id`,
      ),
      locks: Object.fromEntries(
        locks.map(({ uuid, locked, locked_by: by }) => [uuid, locked === 1 ? by : null]),
      ),
    };
  }

  it('random writes at the same time, some of them repeated, have the effects that the responses and the log describe', async () => {
    const random = seededRandom('random writes');
    const sent: Sent[] = [];
    for (let round = 0; round < 15; round += 1) {
      const ids = sent.flatMap(({ kind, answer }) =>
        kind === 'create' && answer.status === 200 ? [idIn(answer)] : [],
      );
      const requests = Array.from({ length: 8 }, (_, n) => act(random, `group ${round} ${n}`, ids.slice(-6)));
      sent.push(...(await Promise.all(requests)));
    }
    expect(sent.filter((one) => !isExpected(one))).toEqual([]);
    // The service may still work on requests whose connections are closed.
    let problems: readonly string[] = [];
    const isConsistent = async (): Promise<boolean> => {
      const stored = await read();
      problems = [
        ...problemsOfGroups(sent, stored),
        ...problemsOfLog(sent, stored),
        ...problemsOfLocks(stored),
      ];
      return problems.length === 0;
    };
    await until(isConsistent, 'the store has the effects of the requests', 30_000).catch(() => undefined);
    expect(problems).toEqual([]);
  });
});

function isExpected({ kind, answer: { status, body } }: Sent): boolean {
  const { message } = (body as { forbidden?: { message: string } } | null)?.forbidden ?? {};
  if (status === 403) return message === (kind === 'create' ? OVER_QUOTA : kind === 'unlock' ? OVERRIDE : '');
  return { create: [200], delete: [204, 404], lock: [202], unlock: [202] }[kind].includes(status);
}

/** Returns contradictions between groups and responses. A group must exist unless a caller who can see it has deleted it. */
function problemsOfGroups(sent: readonly Sent[], { groups, policies }: Stored): string[] {
  const created = sent.filter(({ kind, answer }) => kind === 'create' && answer.status === 200);
  const deletes = sent.filter(({ kind }) => kind === 'delete');
  const lost = new Set(
    sent.filter((one) => one.kind === 'create' && one.isRepeated).map(({ target }) => target),
  );
  const known = new Set(created.map(({ answer }) => idIn(answer)));
  const ofCreated = created.flatMap(({ persona: owner, answer }) => {
    const id = idIn(answer);
    const own = deletes.filter(({ target }) => target === id);
    const isDeleted = own.some(
      ({ persona }) => persona === 'admin' || projectOf(persona) === projectOf(owner),
    );
    const successes = own.filter(({ answer: { status } }) => status === 204).length;
    if (successes > 1) return [`the group ${id} was deleted ${successes} times`];
    const exists = groups.some(({ uuid }) => uuid === id);
    return exists === isDeleted ? [`the group ${id} ${exists ? 'still exists' : 'is missing'}`] : [];
  });
  const unknown = groups.filter(({ uuid, name }) => !known.has(uuid) && !lost.has(name));
  const full = groups.filter(
    ({ project_id: id }) => groups.filter(({ project_id: other }) => other === id).length > QUOTA,
  );
  return [
    ...ofCreated,
    ...unknown.map(({ name }) => `no request created ${name}`),
    ...full.map(({ name }) => `${name} is above the quota`),
    ...(policies === groups.length ? [] : [`${groups.length} groups have ${policies} policies`]),
  ];
}

/** Returns contradictions between the log and the responses. Each lock or unlock has an entry, except an owner's second lock. */
function problemsOfLog(sent: readonly Sent[], { entries }: Stored): string[] {
  const requests = sent.filter(({ kind }) => kind === 'lock' || kind === 'unlock');
  const answered = new Map(requests.map((one) => [one.answer.requestId, one]));
  const ofAnswered = [...answered].flatMap(
    ([
      id,
      {
        kind,
        persona,
        target,
        answer: { status },
      },
    ]) => {
      const own = entries.filter(({ request_id: request }) => request === id).map(({ result }) => result);
      const mayBeAbsent =
        status === 403 || (kind === 'lock' && roleOf(projectOf(persona), target) === 'owner');
      const expected = status === 202 ? 'Success' : 'Error';
      const isTrue = own.length === 0 ? mayBeAbsent : own.length === 1 && own[0] === expected;
      return isTrue ? [] : [`the ${kind} ${id} with the status ${status} has the entries [${own.join()}]`];
    },
  );
  const open = entries.filter(({ result }) => result === null);
  const others = entries.filter(({ request_id: id }) => !answered.has(id));
  const lost = requests.filter(({ isRepeated }) => isRepeated).length;
  return [
    ...ofAnswered,
    ...open.map(({ request_id: id }) => `the entry of ${id} has no end`),
    ...(others.length > lost ? [`${lost} lost requests have ${others.length} entries`] : []),
  ];
}

/** Returns contradictions between the locks of servers and the log. */
function problemsOfLocks({ entries, locks }: Stored): string[] {
  const described = new Map<string, string | null>(SERVERS.map(({ uuid }) => [uuid, null]));
  const problems: string[] = [];
  for (const { action, instance_uuid: server, project_id: project, result, request_id: id } of entries) {
    const role = roleOf(project, server);
    const by = described.get(server);
    const isOwnersUnlock = action === 'unlock' && role === 'owner';
    // An owner's unlock fails if an administrator has locked the server after the policy check. The service records
    // this failure later, when the server may have another lock.
    const isTrue = result === 'Error' ? isOwnersUnlock : !isOwnersUnlock || by !== 'admin';
    if (!isTrue)
      problems.push(`${id}: ${action} by ${role} of a lock by ${by ?? 'nobody'}: ${result ?? 'open'}`);
    if (result !== 'Success') continue;
    if (action === 'unlock') described.set(server, null);
    else if (role === 'admin' || by === null) described.set(server, role);
  }
  const wrong = SERVERS.filter(({ uuid }) => locks[uuid] !== described.get(uuid));
  return [...problems, ...wrong.map(({ uuid }) => `the lock of ${uuid} contradicts the log`)];
}

function roleOf(project: string, server: string): 'owner' | 'admin' {
  return SERVERS.find(({ uuid }) => uuid === server)?.project_id === project ? 'owner' : 'admin';
}

function idIn({ body }: WriteAnswer): string {
  return (body as { server_group: { id: string } }).server_group.id;
}
