import type { NovaRow } from './rows.js';
import type { Random } from '../random.js';

export interface ActionOptions {
  /** The UUID of the server to which the actions belong. */
  readonly uuid: string;
  readonly projectId: string | null;
  /** Other projects. A few actions name one of them instead of the server's project. */
  readonly projects: readonly string[];
  readonly count: number;
  /** True if most actions have the same request id as another action. */
  readonly repeat: boolean;
  /** Returns the next unused id in the database. */
  readonly nextId: () => number;
}

const ACTIONS = ['create', 'reboot', 'resize', 'delete', 'live-migration', 'lock', 'größer machen', '再起動'];
const EVENTS = [
  'compute__do_build_and_run_instance',
  'compute_reboot_instance',
  'conductor_migrate_server',
  'é',
];
const MESSAGES = [
  'Error',
  '',
  ' ',
  'größer „als“ gedacht',
  '失敗しました',
  '"quoted" \\ and \'so\' </script>',
  'x'.repeat(255),
];
const HOSTS = ['compute-1', 'compute-2.example.org', 'größe', '', '0', ' compute-3 '];
const RESULTS = ['Success', 'Error', 'Üble Sache', ''];
const DETAILS = ['ValueError', 'No valid host was found. ', 'd'.repeat(2_000), '', 'Zeile 1\nZeile 2\t–'];

/**
 * The possible times of rows. There are only 240 of them, so that several rows have the same time. They are spread over
 * weeks, so that `changes-since` selects only some of the rows.
 */
const MOMENTS = Array.from({ length: 240 }, (_, index) => {
  const time = Date.UTC(2025, 0, 1, 3, 59, 58) + index * 7_919_000;
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
});

/** Returns one of the times in MOMENTS: `YYYY-MM-DD HH:MM:SS` in UTC. */
export function randomMoment(random: Random): string {
  return random.pick(MOMENTS);
}

/**
 * Returns actions of one server, and their events. Some values are unusual, as in the old rows of a real deployment.
 */
export function randomActions(
  random: Random,
  options: ActionOptions,
): { actions: NovaRow[]; events: NovaRow[] } {
  const actions: NovaRow[] = [];
  const events: NovaRow[] = [];
  const requestIds: string[] = [];
  for (let index = 0; index < options.count; index += 1) {
    const action = randomAction(random, options, requestIds);
    actions.push(action);
    // Only the first 60 actions have events, because further events would test nothing new.
    const count = index < 60 ? random.int(0, 5) : 0;
    for (let event = 0; event < count; event += 1) {
      events.push(randomEvent(random, options.nextId(), Number(action['id'])));
    }
  }
  return { actions, events };
}

function randomAction(random: Random, options: ActionOptions, requestIds: string[]): NovaRow {
  const id = options.nextId();
  const requestId = randomRequestId(random, requestIds, options.repeat);
  requestIds.push(requestId);
  return {
    id,
    ...randomTimes(random, id),
    instance_uuid: options.uuid,
    action: random.orNull(0.05, random.pick(ACTIONS)),
    request_id: random.orNull(0.03, requestId),
    user_id: random.orNull(0.2, random.chance(0.9) ? random.hex(32) : 'benutzer-ü'),
    project_id: random.weighted([
      [8, options.projectId],
      [1, random.pick(options.projects)],
      [1, null],
    ]),
    message: random.orNull(0.5, random.pick(MESSAGES)),
  };
}

/** Returns a new request id, or one of the known ones: unchanged, in upper case, or with a space at its end. */
function randomRequestId(random: Random, known: readonly string[], repeat: boolean): string {
  const fresh = `req-${random.uuid()}`;
  if (known.length === 0) return fresh;
  return random.weighted([
    [85, fresh],
    [repeat ? 150 : 8, random.pick(known)],
    [2, random.pick(known).toUpperCase()],
    [1, `${random.pick(known)} `],
    [1, `req-größe ${random.int(1, 99)}%`],
    [1, `req/${random.int(1, 99)}?a=b&c`],
    [1, `${random.pick(known)}~${random.int(0, 2)}`],
    [1, String(random.int(1, 99))],
  ]);
}

function randomEvent(random: Random, id: number, actionId: number): NovaRow {
  return {
    id,
    ...randomTimes(random, id),
    action_id: actionId,
    event: random.orNull(0.05, random.pick(EVENTS)),
    result: random.orNull(0.2, random.pick(RESULTS)),
    traceback: random.orNull(0.7, randomTraceback(random)),
    host: random.orNull(0.3, random.pick(HOSTS)),
    details: random.orNull(0.6, random.pick(DETAILS)),
  };
}

function randomTimes(random: Random, id: number): NovaRow {
  const deleted = random.weighted([
    [90, 0],
    [7, id],
    [3, null],
  ]);
  return {
    created_at: random.orNull(0.03, randomMoment(random)),
    updated_at: random.orNull(0.2, randomMoment(random)),
    deleted_at: deleted === id ? randomMoment(random) : null,
    deleted,
    start_time: random.orNull(0.1, randomMoment(random)),
    finish_time: random.orNull(0.3, randomMoment(random)),
  };
}

function randomTraceback(random: Random): string {
  const line = `  File "/usr/lib/nova/größe.py", line ${random.int(1, 9_999)}, in build\n    raise Ärger("…")\n`;
  // Keep this shorter than 65,535 bytes, the maximum length of a column of the type `text`.
  return line.repeat(random.chance(0.02) ? 600 : random.int(1, 12));
}
