import { isoTime } from '../database/rows/time.js';
import type { PerTable } from '../ledger/cells/cell-states.js';
import type { CellStatus, EpochStatus, GapStatus, RecorderStatus } from '../ledger/cells/recorder-status.js';
import { INTEGER, listOf, objectSchema, TIME, UUID } from '../nova/schema/fields.js';
import { sameForBothViews } from '../nova/view/view.js';

const IDS = objectSchema('Ids', {
  actions: { description: 'An id of an action in Nova.', schema: INTEGER },
  events: { description: 'An id of an event in Nova.', schema: INTEGER },
  servers: { description: 'An id of instances.', schema: INTEGER },
});

const GAP = objectSchema('Gap', {
  position: { description: 'The position of its entry in the record.', schema: INTEGER },
  from_id: { description: 'The first id of the range: an id of an action in Nova.', schema: INTEGER },
  to_id: { description: 'The last id of the range.', schema: INTEGER },
  void_ids: { description: 'The number of ids in the range without a row.', schema: INTEGER },
  from_time: { description: 'The time of the last row before the range.', schema: TIME, nullable: true },
  to_time: { description: 'The time of the first row after the range.', schema: TIME, nullable: true },
  grade: {
    description:
      'certain: Nova had rows that the recorder has not seen. possible: perhaps the ids never had rows.',
    schema: { type: 'string', enum: ['certain', 'possible'] },
  },
});

const EPOCH = objectSchema('Epoch', {
  from: { description: 'The lowest ids of the epoch.', schema: IDS },
  opened_at: { description: 'The time at which the recorder detected it.', schema: TIME },
  position: { description: 'The position of its entry in the record.', schema: INTEGER },
});

const PAST = objectSchema('Past', {
  done: { description: 'The number of ids that are copied.', schema: INTEGER },
  total: { description: 'The number of ids that existed before the recorder started.', schema: INTEGER },
});

const CELL = objectSchema('Recorded cell', {
  name: { description: 'The name of the cell.', nullable: true },
  uuid: { description: 'The UUID of the cell.', schema: UUID },
  state: {
    description: "closed: Nova's API database does not contain the cell any more.",
    schema: { type: 'string', enum: ['open', 'closed'] },
  },
  holder: {
    description: 'The host name and the process id of the recorder that records the cell.',
    nullable: true,
  },
  lag_seconds: {
    description: 'The seconds since the start of the last reading. Null before the first one.',
    schema: { type: 'number' },
    nullable: true,
  },
  read_at: {
    description: 'The start of the last reading. The copy has all changes that Nova committed before it.',
    schema: TIME,
    nullable: true,
  },
  high: { description: 'The highest ids that the recorder has read.', schema: IDS },
  past: { description: 'The rows from before the recorder started.', schema: PAST },
  reconciled_at: {
    description: "The start of the last finished comparison of all rows with Nova's.",
    schema: TIME,
    nullable: true,
  },
  epoch: { description: 'The number of the epoch, from 0.', schema: INTEGER },
  epochs: {
    description: 'The epochs after the first one. An epoch begins when Nova assigns ids a second time.',
    schema: listOf(EPOCH),
  },
  open_actions: { description: 'The number of old actions that have not finished.', schema: INTEGER },
  gaps: { description: 'The newest gaps, at most 100.', schema: listOf(GAP) },
  gaps_total: { description: 'The number of all gaps.', schema: INTEGER },
});

const EXAMPLE: RecorderStatus = {
  record_id: 'c2f9c6d0a52b11f0b1e20242ac120002',
  position: 184_467,
  recorded_at: '2026-11-27 04:16:22.123456',
  clock_ahead_seconds: 0,
  cells: [
    {
      name: 'cell1',
      uuid: '7a3c2a52-6c1e-4d0e-9c06-5d1fd5f0b1a4',
      state: 'open',
      holder: 'recorder-1 1',
      lag_seconds: 0.4,
      read_at: '2026-11-27 04:16:22.480112',
      high: { actions: 91_204, events: 180_551, servers: 20_117 },
      past: { done: 88_000, total: 88_000 },
      reconciled_at: '2026-11-27 00:02:10.000000',
      epoch: 1,
      epochs: [
        {
          from: { actions: 90_001, events: 178_300, servers: 19_950 },
          opened_at: '2026-11-20 09:30:00.000000',
          position: 171_002,
        },
      ],
      open_actions: 3,
      gaps: [
        {
          position: 160_934,
          from_id: 84_310,
          to_id: 84_502,
          void_ids: 37,
          from_time: '2026-11-12 22:01:07.000000',
          to_time: '2026-11-13 06:45:31.000000',
          grade: 'certain',
        },
      ],
      gaps_total: 1,
    },
  ],
};

const STATUS = objectSchema(
  'Recorder status',
  {
    record_id: {
      description: 'The id of the record. A store that was restored from a backup gets a new one.',
    },
    position: { description: 'The position of the newest entry; 0 if the record is empty.', schema: INTEGER },
    recorded_at: { description: 'The time of the newest entry.', schema: TIME, nullable: true },
    clock_ahead_seconds: {
      description: 'The seconds by which the time of the newest entry is ahead of the clock of the store.',
      schema: { type: 'number' },
    },
    cells: { description: 'The cells of Nova. Empty if no recorder uses the store.', schema: listOf(CELL) },
  },
  statusFields(EXAMPLE),
);

export const shown = { view: sameForBothViews(statusFields), response: sameForBothViews(STATUS) };

function statusFields(status: RecorderStatus): object {
  return {
    record_id: status.record_id,
    position: status.position,
    recorded_at: isoTime(status.recorded_at),
    clock_ahead_seconds: status.clock_ahead_seconds,
    cells: status.cells.map(cellFields),
  };
}

function cellFields(cell: CellStatus): object {
  return {
    name: cell.name,
    uuid: cell.uuid,
    state: cell.state,
    holder: cell.holder,
    lag_seconds: cell.lag_seconds,
    read_at: isoTime(cell.read_at),
    high: idFields(cell.high),
    past: { done: cell.past.done, total: cell.past.total },
    reconciled_at: isoTime(cell.reconciled_at),
    epoch: cell.epoch,
    epochs: cell.epochs.map(epochFields),
    open_actions: cell.open_actions,
    gaps: cell.gaps.map(gapFields),
    gaps_total: cell.gaps_total,
  };
}

function epochFields({ from, opened_at: openedAt, position }: EpochStatus): object {
  return { from: idFields(from), opened_at: isoTime(openedAt), position };
}

function gapFields(gap: GapStatus): object {
  return {
    position: gap.position,
    from_id: gap.from_id,
    to_id: gap.to_id,
    void_ids: gap.void_ids,
    from_time: isoTime(gap.from_time),
    to_time: isoTime(gap.to_time),
    grade: gap.grade,
  };
}

function idFields({ actions, events, servers }: PerTable): object {
  return { actions, events, servers };
}
