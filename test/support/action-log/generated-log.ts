import type { ActionParts, ServerFacts } from '../../../src/ledger/actions/full-action.js';
import { copyId } from '../../../src/ledger/copy/copy-id.js';
import type { NovaAction, NovaEvent, NovaServer } from '../../../src/ledger/record/nova-rows.js';
import { novaAction, novaEvent, novaServer } from '../ledger/entries.js';
import { Random } from '../random.js';

/** A time shortly after all actions of a generated log. Some unfinished actions are older than an hour. */
export const NOW = '2026-11-01 03:00:00.000000';

/**
 * The texts of a generated log. Most actions are in the first project. Some texts differ only in case or in a space at
 * the end. The last two users, hosts and actions have the same code in the search.
 */
export const PROJECTS = ['p-large', 'p-2', 'p-3', 'P-3', 'p-small'];
export const USERS = ['u-1', 'u-2', 'u-3', 'U-3', 'u-50402', 'u-63617'];
export const HOSTS = ['host-1', 'host-2', 'HOST-2', 'host-27154', 'host-63541'];
export const ACTIONS = ['create', 'reboot', 'stop', 'start', 'delete', 'action-90405', 'action-100433'];
export const EVENTS = [
  'conductor_migrate_server',
  'compute_run',
  'COMPUTE_RUN',
  'compute_run ',
  'compute_stop',
];

/** The number of seconds between two possible times, so that many actions have the same time. */
const STEP = 10;
const STEPS = 1_080;
const START = Date.UTC(2026, 10, 1);

/** A server of a generated log. */
export interface GeneratedServer {
  readonly cell: number;
  readonly row: NovaServer;
  /** True if Nova moved the server to another cell, so that the log shows the row and the actions of that cell. */
  readonly isMoved: boolean;
}

/** An action of a generated log. */
export interface GeneratedAction extends ActionParts {
  readonly copyId: number;
  readonly epoch: number;
  /** False for an action that the log shows with the rows of another cell. */
  readonly isShown: boolean;
}

export interface GeneratedLog {
  readonly servers: readonly GeneratedServer[];
  readonly actions: readonly GeneratedAction[];
}

/**
 * Generates a log: actions of the own store (cell 0), of two cells of Nova, and of a second epoch of one of them. It has
 * equal times, events that never finish, servers without a row, and servers in two cells. The same seed always generates
 * the same log.
 */
export function generateLog(seed: number, count = 3_000): GeneratedLog {
  const random = new Random(seed);
  const servers = generateServers(random);
  const next = new Map<string, number>();
  const nextId = (kind: string, cell: number, epoch: number): number => {
    const key = `${kind}/${cell}/${epoch}`;
    next.set(key, (next.get(key) ?? 0) + 1);
    return next.get(key) ?? 0;
  };
  const actions: GeneratedAction[] = [];
  const add = (server: GeneratedServer, epoch: number, action: NovaAction, events: NovaEvent[]): void => {
    const { cell, isMoved, row } = server;
    const id = nextId('action', cell, epoch);
    const own = events.map((event) => ({ ...event, id: nextId('event', cell, epoch), action_id: id }));
    const facts = isUnknown(server) ? undefined : factsOf(server);
    actions.push({
      ...{ cell, epoch, copyId: copyId({ cell, epoch, id }), isShown: !isMoved },
      ...{ action: { ...action, id, instance_uuid: row.uuid }, events: own, server: facts },
    });
  };
  while (actions.length < count) {
    const server = random.pick(servers.filter(({ isMoved }) => !isMoved));
    const epoch = server.cell === 2 && actions.length > count / 2 ? 1 : 0;
    const [action, events] = [generateAction(random, server, epoch), generateEvents(random, server.cell)];
    const from =
      epoch === 0 ? servers.find((one) => one.isMoved && one.row.uuid === server.row.uuid) : undefined;
    if (from !== undefined) add(from, epoch, action, events);
    add(server, epoch, action, events);
  }
  return { servers, actions };
}

/** Returns true if the store has no row of the server. */
export function isUnknown({ row }: GeneratedServer): boolean {
  return row.display_name === 'unknown';
}

/** Returns the facts that the store has of a server. The own tables lack some of the columns. */
function factsOf({ cell, row }: GeneratedServer): ServerFacts {
  if (cell > 0) return row;
  return { ...row, availability_zone: null, vm_state: null, launched_at: null, terminated_at: null };
}

function generateServers(random: Random): GeneratedServer[] {
  return Array.from({ length: 40 }, (_value, index): GeneratedServer[] => {
    const cell = random.weighted([
      [2, 0],
      [4, 1],
      [4, 2],
    ]);
    const isDeleted = random.chance(0.2);
    const state = random.weighted([
      [6, { vm_state: 'active', launched_at: timeAt(0) }],
      [1, { vm_state: 'building', launched_at: null }],
      [1, { vm_state: 'error', launched_at: null }],
    ]);
    const id = index + 1;
    const row = novaServer(id, {
      ...{ uuid: `${random.hex(8)}-0000-4000-8000-${String(id).padStart(12, '0')}`, ...state },
      ...{ project_id: projectOf(random), user_id: random.pick(USERS), created_at: timeAt(0) },
      ...(isDeleted && { deleted: id, deleted_at: timeAt(STEPS), vm_state: 'deleted' }),
      display_name: cell > 0 && random.chance(0.1) ? 'unknown' : `server-${id}`,
    });
    const server = { cell, row, isMoved: false };
    // A few servers of the second cell were moved there from the first one.
    if (cell !== 2 || isUnknown(server) || !random.chance(0.3)) return [server];
    return [server, { cell: 1, row: { ...row, id: 1_000 + id }, isMoved: true }];
  }).flat();
}

function projectOf(random: Random): string {
  return random.weighted([[8, 'p-large'], ...PROJECTS.map((project) => [1, project] as const)]);
}

function generateAction(random: Random, { cell, row }: GeneratedServer, epoch: number): NovaAction {
  const created = generateTime(random, cell);
  return novaAction(0, {
    // One request may be about several servers.
    request_id: `req-${epoch}-${random.int(1, 800)}`,
    action: random.pick(ACTIONS),
    user_id: random.orNull(0.05, random.pick(USERS)),
    project_id: random.chance(0.2) ? 'p-operator' : row.project_id,
    message: random.chance(0.1) ? 'Error' : null,
    created_at: random.chance(0.01) ? null : created,
    start_time: random.orNull(0.05, created),
    finish_time: random.chance(0.1) ? generateTime(random, cell) : null,
    updated_at: random.chance(0.3) ? generateTime(random, cell) : null,
  });
}

function generateEvents(random: Random, cell: number): NovaEvent[] {
  return Array.from({ length: random.int(0, 3) }, () =>
    novaEvent(0, 0, {
      event: random.pick(EVENTS),
      host: random.orNull(0.1, random.pick(HOSTS)),
      start_time: generateTime(random, cell),
      finish_time: random.chance(0.85) ? generateTime(random, cell) : null,
      result: random.weighted([
        [8, 'Success'],
        [2, 'Error'],
        [1, null],
      ]),
      created_at: generateTime(random, cell),
    }),
  );
}

/** Returns a time. Those of the own store have microseconds, and those of Nova have whole seconds. */
function generateTime(random: Random, cell: number): string {
  const time = timeAt(random.int(0, STEPS));
  return cell === 0 && random.chance(0.5)
    ? `${time}.${String(random.int(0, 999_999)).padStart(6, '0')}`
    : time;
}

function timeAt(step: number): string {
  return new Date(START + step * STEP * 1_000).toISOString().slice(0, 19).replace('T', ' ');
}
