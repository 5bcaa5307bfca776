import { describe, expect, it } from '@jest/globals';
import { Place } from '../../../src/ledger/record/entry.js';
import { type CellOfTruth, copyProblems, entryProblems, orderProblems, requiredCount } from './comparison.js';
import type { StoredRecord } from './stored-record.js';
import { CellTruth, type Change, type Commit, type Row } from './truth.js';

const CELL = 'cell-1';
const TIME = '2026-01-01 00:00:00';

const action: Row = {
  ...{ id: 3, instance_uuid: 'server', request_id: 'req-1', action: 'reboot', user_id: 'user' },
  ...{ project_id: 'project', message: null, start_time: TIME, finish_time: null },
  ...{ created_at: TIME, updated_at: TIME, deleted_at: null, deleted: 0 },
};
const event: Row = { id: 5, action_id: 3, event: 'compute_reboot_instance', created_at: TIME, result: null };
const finished: Row = { ...event, result: 'Success' };
const commit = (sent: number, isLate = false): Commit => ({ sent, done: sent + 1, isLate });
const put = (table: Change['table'], row: Row, isShadow = false): Change => ({
  table,
  id: row.id,
  row,
  isShadow,
});

/** An action that begins at 10, ends at 20, and is archived at 30. The recorder has read the cell at 12 and at 35. */
function archivedAction(): CellOfTruth {
  const truth = new CellTruth();
  truth.apply([put('instance_actions', action), put('instance_actions_events', event)], commit(9));
  truth.apply([put('instance_actions_events', finished)], commit(19));
  truth.apply(
    [put('instance_actions', action, true), put('instance_actions_events', finished, true)],
    commit(29),
  );
  const sightings = [
    { readAt: 12, seenAt: 15 },
    { readAt: 35, seenAt: 40 },
  ];
  return { uuid: CELL, histories: truth.histories, sightings, watchTime: 100 };
}

/** The store of a recorder that has read this action. */
function recorded(): StoredRecord {
  const entry = { cell: 1, cellUuid: CELL, epoch: 0, novaId: 3, serverUuid: 'server', projectId: 'project' };
  const bodies = [event, finished].map((one) => ({ action, events: [one], place: Place.main }));
  const entries = bodies.map((body, index) => ({
    ...{ ...entry, kind: 'action', body, position: index + 1, previous: index === 0 ? null : index },
    recordedAt: `2026-01-01 00:00:0${index}.000000`,
  }));
  const copied = { cell: CELL, epoch: 0, row: action, place: Place.shadow, events: [finished] };
  return { entries, actions: [copied], servers: [] } as unknown as StoredRecord;
}

function problemsOf(record: StoredRecord): string[] {
  const cells = [archivedAction()];
  return [...orderProblems(record), ...copyProblems(cells, record), ...entryProblems(cells, record)];
}

describe('the comparison of a record with the truth', () => {
  it('a record is complete if it has all versions that the recorder has seen', () => {
    expect(requiredCount([archivedAction()])).toBe(1);
    expect(problemsOf(recorded())).toEqual([]);
  });

  it.each<[problem: string, damage: (record: StoredRecord) => StoredRecord, expected: string]>([
    ['a row that was not copied', (record) => ({ ...record, actions: [] }), 'not copied: instance_actions'],
    [
      'a copied row that Nova never had',
      (record) => ({ ...record, actions: [...record.actions, foreign(record)] }),
      'copied, but never committed',
    ],
    [
      'a copied event that is not current',
      (record) => ({ ...record, actions: record.actions.map((one) => ({ ...one, events: [event] })) }),
      'not current',
    ],
    [
      'a wrong place',
      (record) => ({ ...record, actions: record.actions.map((one) => ({ ...one, place: Place.main })) }),
      'not current',
    ],
    [
      'a version without an entry',
      (record) => ({ ...record, entries: record.entries.slice(0, 0) }),
      'seen, but not recorded',
    ],
    [
      'an entry that Nova never had',
      (record) => ({ ...record, entries: record.entries.map((one) => withAction(one)) }),
      'never committed',
    ],
    [
      'a hole in the positions',
      (record) => ({
        ...record,
        entries: record.entries.map((one) => ({ ...one, position: one.position * 2 })),
      }),
      'has the position 2',
    ],
    [
      'a time that goes back',
      (record) => ({
        ...record,
        entries: record.entries.map((one, index) => ({ ...one, recordedAt: `${9 - index}` })),
      }),
      'is before that of the previous one',
    ],
  ])('the comparison finds %s', (_problem, damage, expected) => {
    expect(problemsOf(damage(recorded()))).toContainEqual(expect.stringContaining(expected));
  });
});

function foreign({ actions }: StoredRecord): StoredRecord['actions'][number] {
  const [first] = actions;
  if (first === undefined) throw new Error('no action is copied');
  return { ...first, row: { ...action, id: 4 } };
}

function withAction(entry: StoredRecord['entries'][number]): StoredRecord['entries'][number] {
  return {
    ...entry,
    body: { action: { ...action, message: 'Error' }, events: [event], place: Place.main },
  } as never;
}
