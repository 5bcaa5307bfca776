import { describe, expect, it } from '@jest/globals';
import type { NovaAction, NovaEvent } from '../record/nova-rows.js';
import { actionState, actionTimes, freshTimes, State, statusOf } from './action-status.js';
import type { ActionParts, Outcome, ServerFacts } from './full-action.js';

const NONE = { updated_at: null, deleted_at: null, deleted: 0 };

function event(values: Partial<NovaEvent>): NovaEvent {
  const created_at = values.start_time ?? '2026-11-27 10:00:00';
  const fixed = { id: 1, action_id: 1, host: 'a', traceback: null, details: null, finish_time: null };
  return { ...fixed, event: 'e', result: null, start_time: created_at, created_at, ...NONE, ...values };
}

const FINISHED = event({ finish_time: '2026-11-27 10:00:05', result: 'Success' });
const FAILED_EVENT = { ...FINISHED, result: 'Error' };

const SERVER: ServerFacts = {
  ...{ uuid: 's', project_id: 'p', user_id: 'u', display_name: null, availability_zone: null },
  ...{ vm_state: 'active', launched_at: '2026-11-27 10:00:00', terminated_at: null, deleted_at: null },
  ...{ created_at: '2026-11-27 09:00:00', deleted: 0 },
};

function parts(
  action: Partial<NovaAction>,
  events: readonly NovaEvent[],
  { cell = 1, server, outcome }: { cell?: number; server?: Partial<ServerFacts>; outcome?: Outcome } = {},
): ActionParts {
  const created_at = '2026-11-27 10:00:00';
  const texts = { instance_uuid: 's', request_id: 'r', action: 'reboot', user_id: 'u', project_id: 'p' };
  return {
    cell,
    action: {
      ...{ id: 1, message: null, start_time: created_at, finish_time: null, created_at, ...NONE, ...texts },
      ...action,
    },
    events,
    server: server && { ...SERVER, ...server },
    ...(outcome && { written: { outcome } }),
  };
}

describe('actionState', () => {
  const building = { vm_state: 'building', launched_at: null };
  const cases: readonly (readonly [title: string, parts: ActionParts, state: State])[] = [
    ['open while an event has not finished', parts({}, [event({})]), State.open],
    [
      'open if the unfinished event is the newest one',
      parts({}, [FINISHED, event({ event: 'f' })]),
      State.open,
    ],
    ['empty without events', parts({}, []), State.empty],
    ['success if all events succeeded', parts({}, [FINISHED]), State.success],
    [
      'success if the action has a finish time and no event',
      parts({ finish_time: '2026-11-27 10:00:01' }, []),
      State.success,
    ],
    ['error if the event that finished last failed', parts({}, [FINISHED, FAILED_EVENT]), State.error],
    [
      'success if a later event succeeded after an error on another host',
      parts({ message: 'Error' }, [FAILED_EVENT, { ...FINISHED, finish_time: '2026-11-27 10:00:06' }]),
      State.success,
    ],
    [
      'error if the message says so and no event has a result',
      parts({ message: 'Error' }, [{ ...FINISHED, result: null }]),
      State.error,
    ],
    [
      'success if an event with the same name finished after the start of one without a finish time',
      parts({}, [event({ finish_time: '2026-11-27 10:00:05', result: 'Success' }), event({ id: 2 })]),
      State.success,
    ],
    [
      'open if the event with the same name finished before the other one started',
      parts({}, [FINISHED, event({ id: 2, start_time: '2026-11-27 10:00:06' })]),
      State.open,
    ],
    [
      'open if a service has not finished an event, even if one with the same name has finished',
      parts({}, [FINISHED, event({ id: 2 })], { cell: 0 }),
      State.open,
    ],
    [
      'success for a delete of a deleted server',
      parts({ action: 'delete' }, [], { server: { deleted: 4 } }),
      State.success,
    ],
    [
      'unknown for an open action of a deleted server',
      parts({}, [event({})], { server: { deleted: 4 } }),
      State.unknown,
    ],
    [
      'success for a create of a launched server',
      parts({ action: 'create' }, [FINISHED], { server: {} }),
      State.success,
    ],
    [
      'error for a create of a server in the state error that never started',
      parts({ action: 'create' }, [FINISHED], { server: { vm_state: 'error', launched_at: null } }),
      State.error,
    ],
    [
      'open for a create between two tries',
      parts({ action: 'create' }, [FINISHED], { server: building }),
      State.open,
    ],
    [
      'unknown for a create of a server that was deleted before it started',
      parts({ action: 'create' }, [FINISHED], {
        server: { vm_state: 'deleted', launched_at: null, deleted: 4 },
      }),
      State.unknown,
    ],
    [
      'unknown for a create without facts of the server',
      parts({ action: 'create' }, [FINISHED]),
      State.unknown,
    ],
    [
      'success for a create in the own store',
      parts({ action: 'create' }, [FINISHED], { cell: 0 }),
      State.success,
    ],
    ['the status that the service stated', parts({}, [FINISHED], { cell: 0, outcome: 'error' }), State.error],
    [
      'open for an imported action that had not finished',
      parts({}, [FINISHED], { cell: 0, outcome: 'running' }),
      State.open,
    ],
  ];

  it.each(cases)('is %s', (_title, given, state) => {
    expect(actionState(given)).toBe(state);
  });
});

describe('statusOf', () => {
  const fresh = freshTimes('2026-11-27 11:00:00.123456');

  it('returns running for one hour after the last change of an unfinished action', () => {
    const { from, to } = fresh;
    expect([from, to]).toEqual(['2026-11-27 10:00:00.123456', '2026-11-27 12:00:00.123456']);
    const of = (state: State, time: string | null): string => statusOf(state, time, fresh);
    expect([of(State.open, from), of(State.empty, '2026-11-27 10:00:01')]).toEqual(['running', 'running']);
    expect([of(State.open, '2026-11-27 10:00:00'), of(State.empty, null)]).toEqual(['stalled', 'unknown']);
  });

  it('does not return running if the last change is more than an hour in the future', () => {
    expect(statusOf(State.open, fresh.to, fresh)).toBe('running');
    const later = '2026-11-27 12:00:00.123457';
    expect([State.open, State.empty].map((state) => statusOf(state, later, fresh))).toEqual([
      'stalled',
      'unknown',
    ]);
  });

  it('returns the same status at any time for an action with a result', () => {
    const states = [State.success, State.error, State.unknown];
    expect(states.map((state) => statusOf(state, null, fresh))).toEqual(['success', 'error', 'unknown']);
  });
});

describe('actionTimes', () => {
  it('returns the latest finish time of the events for an ended action that has none', () => {
    const ended = parts({ start_time: null }, [FINISHED, event({ finish_time: '2026-11-27 10:00:04.5' })]);
    expect(actionTimes(ended, actionState(ended))).toEqual({
      createdAt: '2026-11-27 10:00:00.000000',
      startedAt: '2026-11-27 10:00:00.000000',
      finishedAt: '2026-11-27 10:00:05.000000',
      updatedAt: '2026-11-27 10:00:05.000000',
    });
    const open = parts({}, [FINISHED, event({ event: 'f', start_time: '2026-11-27 10:00:07' })]);
    const times = actionTimes(open, actionState(open));
    expect(times).toMatchObject({ finishedAt: null, updatedAt: '2026-11-27 10:00:07.000000' });
  });

  it('returns null for times that are not in the calendar', () => {
    const invalid = '0000-00-00 00:00:00';
    const given = parts({ created_at: invalid, start_time: '2024-02-31 00:00:00' }, []);
    expect(actionTimes(given, State.empty)).toEqual({
      ...{ createdAt: null, startedAt: null, finishedAt: null, updatedAt: null },
    });
  });
});
