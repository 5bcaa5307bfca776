import type { EntityManager } from 'typeorm';
import { millisecondsOf, type RawTime, rawTime } from '../../database/rows/time.js';
import type { Store } from '../../ledger/record/record.js';
import { upsertRows } from '../../database/rows/write-rows.js';
import type { CellContext } from '../cell-context.js';
import type { OpenChanges } from './open-actions.js';

/** An action in `record_open`, with the time of its last change on the clock of `performance.now()`. */
export interface StoredOpenAction {
  readonly id: number;
  readonly changedAt: number;
}

/** Reads the old open actions of a cell. */
export async function readOpenActions(store: Store, { cell }: CellContext): Promise<StoredOpenAction[]> {
  const rows = await store.query<{ id: number | string; changed_at: RawTime }[]>(
    'SELECT id, changed_at FROM record_open WHERE cell = ?',
    [cell.number],
  );
  return rows.map((row) => ({ id: Number(row.id), changedAt: sinceStart(row.changed_at) }));
}

/** Writes changes of the old open actions of a cell. */
export async function writeOpenActions(
  manager: EntityManager,
  { cell, epoch }: CellContext,
  { added, removed }: OpenChanges,
): Promise<void> {
  const columns = ['cell', 'epoch', 'id', 'changed_at'];
  const rows = added.map(({ id, changedAt }) => [cell.number, epoch, id, timeOf(changedAt)]);
  await upsertRows(manager, 'record_open', columns, rows, 'cell, epoch, id');
  if (removed.length === 0) return;
  const marks = removed.map(() => '?').join();
  await manager.query(`DELETE FROM record_open WHERE cell = ? AND id IN (${marks})`, [
    cell.number,
    ...removed,
  ]);
}

/**
 * Converts a time to the clock of `performance.now()`. A time in the future counts as now: the clocks of several hosts
 * may differ.
 */
export function sinceStart(time: RawTime): number {
  const age = Date.now() - millisecondsOf(time);
  return performance.now() - (Number.isNaN(age) ? 0 : Math.max(age, 0));
}

function timeOf(moment: number): RawTime {
  return rawTime(Date.now() - (performance.now() - moment));
}
