import type { Random } from '../random.js';
import type { CloudCell } from './cloud.js';
import { SimulatedServer } from './simulated-server.js';
import type { Change } from './truth.js';

/** One transaction that changes a simulated server. */
export interface Step {
  readonly cell: CloudCell;
  readonly changes: readonly Change[];
  /** True if the transaction stays open for a while, so that others with higher ids commit first. */
  readonly isLate?: boolean;
}

/** The transactions of one server, from its creation on. Each one is generated after the previous commit. */
export type Life = Generator<Step, void, void>;

/** The events of the actions that a host carries out. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  reboot: ['compute_reboot_instance'],
  stop: ['compute_stop_instance'],
  start: ['compute_start_instance'],
  lock: ['api_lock'],
  resize: [...['cold_migrate', 'compute_prep_resize', 'compute_resize_instance', 'compute_finish_resize']],
  confirmResize: ['compute_confirm_resize'],
  'live-migration': ['conductor_live_migrate_instance', 'compute_check_can_live_migrate_source'],
};

/** Generates random transactions of a server, which may change its cell. `clock` returns the time in seconds. */
export function* lifeOf(random: Random, cells: readonly CloudCell[], clock: () => number): Life {
  const server = new SimulatedServer(random, random.pick(cells), clock);
  yield* create(random, server);
  const lifetime = random.int(0, 8);
  for (let lived = 0; lived < lifetime; lived += 1) {
    yield* random.weighted<() => Life>([
      [20, () => plainAction(random, server)],
      [2, () => rebuild(random, server)],
      [2, () => resetState(server)],
      [2, () => rename(random, server)],
      [2, () => attachedEvent(server)],
      [1, () => moveToCell(random, server, random.pick(cells))],
    ])();
  }
  if (random.chance(0.5)) yield* remove(server, random.chance(0.01));
}

/** The transactions of a server that a user deletes before it is built. */
export function* shortLife(server: SimulatedServer): Life {
  yield server.step(server.build());
  const action = server.action('create', server.now());
  yield server.step(action.begin());
  yield* remove(server, false);
}

/** Nova's conductor writes the action late, with the time of the request. Several hosts may fail one after the other. */
function* create(random: Random, server: SimulatedServer): Life {
  const requested = server.now() - random.int(0, 34);
  yield server.step(server.build());
  const action = server.action('create', requested);
  const isLate = random.chance(0.02);
  if (random.chance(0.1)) {
    const first = server.event(action, 'compute__do_build_and_run_instance');
    yield server.step([...action.begin(), ...first.begin()], isLate);
    for (let tries = random.int(1, 3); tries > 0; tries -= 1) {
      // Nova finishes the first event with this name, and leaves those of the other hosts open for ever.
      const next = server.event(action, 'compute__do_build_and_run_instance');
      yield server.step([...first.finish('Success'), ...next.begin()]);
    }
    yield server.step([...first.finish('Success'), ...server.change({ vm_state: 'error' })]);
    return;
  }
  const event = server.event(action, 'compute__do_build_and_run_instance');
  if (random.chance(0.5)) {
    yield server.step(action.begin(), isLate);
    yield server.step(event.begin());
  } else {
    yield server.step([...action.begin(), ...event.begin()], isLate);
  }
  yield server.step([...event.finish('Success'), ...server.launch()]);
}

function* plainAction(random: Random, server: SimulatedServer): Life {
  const [name, events] = random.pick(Object.entries(ACTIONS));
  const action = server.action(name, server.now() - random.int(0, 3));
  let begun = action.begin();
  let isLate = random.chance(0.02);
  for (const title of events) {
    const event = server.event(action, title);
    yield server.step([...begun, ...event.begin()], isLate);
    // The events of some actions never end, because their host crashed.
    if (random.chance(0.02)) return;
    isLate = random.chance(0.01);
    const isLast = title === events.at(-1);
    begun = [
      ...event.finish(random.chance(0.05) ? 'Error' : 'Success'),
      ...(isLast ? server.change({}) : []),
    ];
  }
  yield server.step(begun, isLate);
}

/** A finished event finishes again, with another result. */
function* rebuild(random: Random, server: SimulatedServer): Life {
  const action = server.action('rebuild', server.now());
  const event = server.event(action, 'rebuild_server');
  yield server.step([...action.begin(), ...event.begin()]);
  yield server.step(event.finish('Error'));
  const twin = server.event(action, 'rebuild_server');
  yield server.step(twin.begin());
  yield server.step([...event.finish('Success'), ...server.change({})], random.chance(0.05));
}

/** This action has no event, and is the only one whose finish time Nova sets. */
function* resetState(server: SimulatedServer): Life {
  const action = server.action('resetState', server.now());
  yield server.step([...action.begin(), ...server.change({ vm_state: 'error' })]);
  yield server.step(action.finish());
}

function* rename(random: Random, server: SimulatedServer): Life {
  yield server.step(server.change({ display_name: `renamed-${random.hex(6)}` }));
}

/** Nova attaches an event to the last action of the server, and does not touch the action. */
function* attachedEvent(server: SimulatedServer): Life {
  const event = server.event(server.lastAction, 'compute_power_update');
  yield server.step(event.begin(false));
  yield server.step(event.finish('Success', false));
}

/** Nova copies the server with its actions, and then deletes it in one of the two cells. */
function* moveToCell(random: Random, server: SimulatedServer, target: CloudCell): Life {
  if (target === server.cell) return;
  const source = server.cell;
  yield { cell: target, changes: server.copyTo(target) };
  if (random.chance(0.3)) {
    yield { cell: target, changes: server.destroyIn(target) };
    return;
  }
  yield { cell: source, changes: server.hide(source, 1) };
  yield { cell: target, changes: server.hide(target, 0) };
  const action = server.action('confirmResize', server.now());
  const event = server.event(action, 'compute_confirm_snapshot_based_resize_at_source');
  yield { cell: source, changes: [...action.begin(), ...event.begin()] };
  yield { cell: source, changes: server.destroyIn(source) };
  server.moveTo(target);
}

function* remove(server: SimulatedServer, isLate: boolean): Life {
  const action = server.action('delete', server.now());
  const event = server.event(action, 'compute_terminate_instance');
  yield server.step([...action.begin(), ...event.begin()], isLate);
  yield server.step([...event.finish('Success'), ...server.delete()]);
}
