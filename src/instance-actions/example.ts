import type { EntityManager } from 'typeorm';
import { novaEventOf, readActions } from '../ledger/actions/action-rows.js';
import type { FullAction } from '../ledger/actions/full-action.js';
import { type NewEntry, Place } from '../ledger/record/entry.js';
import { append } from '../ledger/record/record.js';
import { exampleAddress, exampleHost, exampleServers, OPERATOR } from '../nova/servers/example.js';
import { EXAMPLE_REQUEST } from './example-responses.js';
import { RESIZE_TRACEBACK, SCHEDULE_TRACEBACK } from './example-tracebacks.js';

type ExampleServer = (typeof exampleServers)['documented'];

interface Step {
  readonly event: string;
  readonly host: string | null;
  /** The seconds from the request to the start of the step. */
  readonly delay: number;
  /** The duration of the step in seconds; undefined for a step that has not finished. */
  readonly duration: number | undefined;
  readonly failure?: { readonly details: string; readonly traceback: string };
}

interface Action {
  readonly server: ExampleServer;
  readonly action: string;
  readonly request_id: string;
  readonly start_time: Date;
  readonly steps: readonly Step[];
  /** The user who requested the action. By default, the owner of the server requested it. */
  readonly by?: typeof OPERATOR;
}

const { documented, resizeFailed, rescheduled, noHostFound, moving, deleted, ofOtherProject } =
  exampleServers;
const CONDUCTOR = 'conductor-1.example.org';
const [ONE, TWO, THREE] = [exampleHost(1), exampleHost(2), exampleHost(3)];
const BUILD = 'compute__do_build_and_run_instance';

/** The failure of Nova's libvirt driver when one host does not have the SSH host key of the other one. */
const RESIZE_FAILURE = {
  details:
    'Resize error: not able to execute ssh command: Unexpected error while running command.\n' +
    `Command: ssh -o BatchMode=yes ${exampleAddress(3)} mkdir -p /var/lib/nova/instances/${resizeFailed.uuid}\n` +
    "Exit code: 255\nStdout: ''\nStderr: 'Host key verification failed.\\r\\n'",
  traceback: RESIZE_TRACEBACK,
};
const NO_HOST = {
  details: 'No valid host was found. There are not enough hosts available.',
  traceback: SCHEDULE_TRACEBACK,
};

/**
 * The actions of the example data. The names and the order of their steps, and the steps without an end, are as Nova 33
 * records them.
 */
const ACTIONS: readonly Action[] = [
  {
    server: documented,
    action: 'create',
    request_id: EXAMPLE_REQUEST,
    start_time: documented.created_at,
    steps: [step('schedule', null, 1, 4), step('compute_run_instance', documented.host, 5, 602)],
  },
  action(resizeFailed, 1, 'create', '2026-03-02T09:00:00Z', [step(BUILD, ONE, 3, 9)]),
  action(resizeFailed, 2, 'stop', '2026-03-02T09:30:00Z', [step('compute_stop_instance', ONE, 0, 4)]),
  action(resizeFailed, 3, 'start', '2026-03-02T09:32:00Z', [step('compute_start_instance', ONE, 0, 3)]),
  byOperator(resizeFailed, 4, 'live-migration', '2026-03-02T10:00:00Z', [
    ...startOfLiveMigration(),
    step('compute_post_live_migration_at_destination', TWO, 8, 4),
  ]),
  action(resizeFailed, 5, 'resize', '2026-03-02T11:00:00Z', [
    ...startOfMove(THREE),
    { ...step('compute_resize_instance', TWO, 4, 2), failure: RESIZE_FAILURE },
  ]),
  // The first host fails, and the second host builds the server. The two steps have the same name, so Nova records the
  // success in the step of the first host. The step of the second host therefore has no end.
  action(rescheduled, 1, 'create', '2026-03-02T12:00:00Z', [
    step(BUILD, ONE, 3, 37),
    step(BUILD, THREE, 22, undefined),
  ]),
  byOperator(rescheduled, 2, 'migrate', '2026-03-03T08:00:00Z', [
    ...startOfMove(TWO),
    step('compute_resize_instance', THREE, 4, 4),
    step('compute_finish_resize', TWO, 8, 7),
  ]),
  byOperator(rescheduled, 3, 'confirmResize', '2026-03-03T08:10:00Z', [
    step('compute_confirm_resize', THREE, 0, 4),
  ]),
  // The action below is in progress.
  action(rescheduled, 4, 'createImage', '2026-03-03T10:00:00Z', [
    step('compute_snapshot_instance', TWO, 1, undefined),
  ]),
  action(noHostFound, 1, 'create', '2026-03-02T13:00:00Z', [
    { ...step('conductor_schedule_and_build_instances', CONDUCTOR, 2, 0), failure: NO_HOST },
  ]),
  action(moving, 1, 'create', '2026-03-03T09:00:00Z', [step(BUILD, ONE, 3, 8)]),
  byOperator(moving, 2, 'live-migration', '2026-03-03T10:00:00Z', startOfLiveMigration()),
  action(deleted, 1, 'create', '2026-03-02T14:00:00Z', [step(BUILD, TWO, 3, 8)]),
  action(deleted, 2, 'delete', '2026-03-02T18:00:00Z', [step('compute_terminate_instance', TWO, 0, 5)]),
  action(ofOtherProject, 1, 'create', '2026-03-02T15:00:00Z', [step(BUILD, THREE, 3, 10)]),
  action(ofOtherProject, 2, 'reboot', '2026-03-02T16:00:00Z', [step('compute_reboot_instance', THREE, 1, 2)]),
];

function action(
  server: ExampleServer,
  number: number,
  name: string,
  start: string,
  steps: readonly Step[],
): Action {
  const request_id = `req-${server.uuid.slice(0, 8)}-0000-4000-8000-00000000000${number}`;
  return { server, action: name, request_id, start_time: new Date(start), steps };
}

function byOperator(...parameters: Parameters<typeof action>): Action {
  return { ...action(...parameters), by: OPERATOR };
}

function step(event: string, host: string | null, delay: number, duration: number | undefined): Step {
  return { event, host, delay, duration };
}

/**
 * Returns the steps of a live migration from the first host to the second host, before the copy of the memory is
 * complete.
 */
function startOfLiveMigration(): Step[] {
  return [
    step('conductor_live_migrate_instance', CONDUCTOR, 0, 3),
    step('compute_check_can_live_migrate_destination', TWO, 2, 1),
    step('compute_check_can_live_migrate_source', ONE, 2, 0),
    step('compute_live_migration', ONE, 3, 0),
    step('compute_pre_live_migration', TWO, 3, 3),
  ];
}

/** Returns the first steps of a resize or a cold migration. @param destination the name of the new host */
function startOfMove(destination: string): Step[] {
  return [
    step('conductor_migrate_server', CONDUCTOR, 0, 3),
    step('cold_migrate', CONDUCTOR, 0, 3),
    step('compute_prep_resize', destination, 3, 1),
  ];
}

/**
 * Inserts the example of Nova's documentation (one action with two events), and then the other example actions. Appends
 * an entry about each of them to the record.
 */
export async function insertExampleActions(manager: EntityManager): Promise<void> {
  const ids: number[] = [];
  for (const { server, action: name, request_id, start_time, steps, by = server } of ACTIONS) {
    const ends = steps.map(({ delay, duration = 0 }) => delay + duration);
    const inserted = await manager.insert('instance_actions', {
      action: name,
      instance_uuid: server.uuid,
      request_id,
      user_id: by.user_id,
      project_id: by.project_id,
      start_time,
      message: steps.some(({ failure }) => failure) ? 'Error' : null,
      created_at: start_time,
      updated_at: secondsAfter(start_time, Math.max(...ends)),
    });
    const { id: action_id } = inserted.identifiers[0] as { id: number };
    ids.push(action_id);
    await manager.insert(
      'instance_actions_events',
      steps.map((one) => ({ action_id, ...eventOf(start_time, one) })),
    );
  }
  const rows = await readActions(manager, ids, { events: true });
  await append(manager, [...rows.values()].map(entryOf));
}

function entryOf({ action: row, events, server }: FullAction): NewEntry {
  const about = { cell: 0, epoch: 0, novaId: row.id, serverUuid: row.instance_uuid, previous: null };
  const body = { action: row, events: events.map(novaEventOf), place: Place.main };
  return { kind: 'action', ...about, projectId: server?.project_id ?? null, body };
}

function eventOf(request: Date, { event, host, delay, duration, failure }: Step): object {
  const start_time = secondsAfter(request, delay);
  const finish_time = duration === undefined ? null : secondsAfter(start_time, duration);
  const outcome = failure === undefined ? 'Success' : 'Error';
  return {
    event,
    host,
    start_time,
    finish_time,
    result: finish_time === null ? null : outcome,
    ...failure,
    created_at: start_time,
    updated_at: finish_time,
  };
}

function secondsAfter(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000);
}
