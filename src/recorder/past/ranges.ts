import type { EntityManager } from 'typeorm';
import type { CellState, PerTable, TableName } from '../../ledger/cells/cell-states.js';
import type { Store } from '../../ledger/record/record.js';
import type { SourceTable } from '../source/cell-reader.js';

/**
 * The steps of the work on the past, in their order. Rows of the main tables are copied first, because Nova may change
 * them. Events are copied before actions from the shadow tables, because shadow tables have no index by action.
 */
const STAGES = {
  gaps: 'actions',
  actions: 'actions',
  events: 'events',
  'shadow servers': 'servers',
  'shadow events': 'events',
  'shadow actions': 'actions',
  servers: 'servers',
} as const satisfies Record<string, TableName>;

export type Stage = keyof typeof STAGES;

const ORDER = Object.keys(STAGES) as Stage[];

/** The stages that copy rows. The other one, `gaps`, only counts ids. */
const COPYING = ORDER.filter((stage) => stage !== 'gaps');

/** Returns the table from which a stage reads. */
export function sourceOf(stage: Stage): SourceTable {
  return { table: STAGES[stage], isShadow: stage.startsWith('shadow ') };
}

/** A range of Nova's ids that the recorder must still copy: `(from, next]` of `(from, to]`. */
export interface Range {
  readonly stage: Stage;
  readonly from: number;
  readonly to: number;
  /** The highest id that is not copied yet. */
  readonly next: number;
}

/** Returns the ranges of a cell in the order of the work: by stage, and then from the newest to the oldest. */
export async function readRanges(store: Store, cell: number): Promise<Range[]> {
  const rows = await store.query<Record<'stage' | 'from_id' | 'to_id' | 'next_id', string>[]>(
    'SELECT stage, from_id, to_id, next_id FROM record_ranges WHERE cell = ?',
    [cell],
  );
  return rows
    .map((row) => ({
      stage: row.stage as Stage,
      from: Number(row.from_id),
      to: Number(row.to_id),
      next: Number(row.next_id),
    }))
    .sort((one, other) => ORDER.indexOf(one.stage) - ORDER.indexOf(other.stage) || other.from - one.from);
}

/** Inserts or replaces ranges. */
export async function putRanges(
  manager: EntityManager,
  cell: number,
  ranges: readonly Range[],
): Promise<void> {
  if (ranges.length === 0) return;
  await manager.query(
    `REPLACE INTO record_ranges (cell, from_id, to_id, next_id, stage) VALUES ${ranges.map(() => '(?, ?, ?, ?, ?)').join()}`,
    ranges.flatMap(({ stage, from, to, next }) => [cell, from, to, next, stage]),
  );
}

/** Stores the progress of a range. Deletes the range if no id is left. */
export async function advanceRange(
  manager: EntityManager,
  cell: number,
  { stage, from }: Range,
  next: number,
): Promise<void> {
  const key = 'WHERE cell = ? AND stage = ? AND from_id = ?';
  if (next > from)
    await manager.query(`UPDATE record_ranges SET next_id = ? ${key}`, [next, cell, stage, from]);
  else await manager.query(`DELETE FROM record_ranges ${key}`, [cell, stage, from]);
}

/**
 * Returns the ranges that copy all rows of a cell for the first time. The recorder reads events of the main table only
 * together with their actions. The first comparison finds events without actions.
 */
export function firstRanges(upTo: PerTable): Range[] {
  return rangesBetween(NONE, upTo, []).filter(({ stage }) => stage !== 'events');
}

const NONE: PerTable = { actions: 0, events: 0, servers: 0 };

/**
 * Returns the ranges that copy all rows with ids in `(above, upTo]`, as far as the pending ranges do not copy them.
 *
 * @param pending from `readRanges`
 */
export function rangesBetween(above: PerTable, upTo: PerTable, pending: readonly Range[]): Range[] {
  return COPYING.flatMap((stage) => {
    const table = STAGES[stage];
    let from = above[table];
    for (const range of pending.toReversed()) {
      if (range.stage === stage && range.from <= from) from = Math.max(from, range.next);
    }
    const to = upTo[table];
    return to > from ? [{ stage, from, to, next: to }] : [];
  });
}

/**
 * Returns the progress after ranges were added. It starts again from 0 if no range was pending. The searches for gaps
 * copy no rows, so they do not count.
 */
export function withRanges(
  past: CellState['past'],
  pending: readonly Range[],
  added: readonly Range[],
): CellState['past'] {
  const isCopied = ({ stage }: Range): boolean => stage !== 'gaps';
  const { total, done } = pending.some(isCopied) ? past : { total: 0, done: 0 };
  return { total: total + added.filter(isCopied).reduce((sum, { from, to }) => sum + to - from, 0), done };
}
