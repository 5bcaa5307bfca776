import { currentTime, millisecondsOf } from '../../database/rows/time.js';
import { MAX_ID } from '../../ledger/copy-id.js';
import { type PerTable, perTable, TABLE_NAMES } from '../../ledger/cell-states.js';
import type { NewEntry } from '../../ledger/entry.js';
import type { CellContext } from '../cell-context.js';
import type { CellSnapshot, SourceTable } from '../source/cell-reader.js';
import { queryStore } from './copied.js';
import { cellEntry } from './past-entries.js';
import { putRanges, rangesBetween, readRanges, withRanges } from './ranges.js';

/**
 * Prepares the recording of a cell, after this process has acquired the lease. Adds the ranges of ids whose rows the
 * recorder may not have copied, and an entry if the cell is new or if the interruption was long.
 */
export async function beginOrResume(cell: CellContext): Promise<void> {
  const startedAt = currentTime();
  const max = await cell.reader.snapshot(highestIds);
  await cell.exclusive(async () => {
    const { state, times } = cell;
    const number = cell.cell.number;
    const isNew = state.startedAt === null;
    const high = perTable((table) => Math.max(state.high[table], max[table]));
    const settled = isNew ? perTable((table) => Math.max(0, max[table] - times.nearIds)) : state.settled;
    const pending = await queryStore(cell, (store) => readRanges(store, number));
    const added = rangesBetween(isNew ? NONE : state.settled, high, pending);
    const entries: NewEntry[] = [];
    if (isNew) entries.push(cellEntry(cell, 'began'));
    else if (isInterrupted(cell)) {
      const [above, upTo] = [state.high.actions, high.actions];
      added.push({ stage: 'gaps', from: above, to: upTo, next: upTo + 1 });
      const since = state.readAt ?? state.startedAt;
      entries.push(cellEntry(cell, 'resumed', { from_id: above + 1, to_id: upTo, since }));
    }
    await cell.write({
      entries,
      state: {
        ...{ high, settled, state: 'open', past: withRanges(state.past, pending, added) },
        startedAt: state.startedAt ?? startedAt,
      },
      also: (manager) => putRanges(manager, number, added),
    });
  });
}

const NONE: PerTable = { actions: 0, events: 0, servers: 0 };

/** Returns the highest ids of the main and the shadow tables that fit into the copy. */
export async function highestIds(snapshot: CellSnapshot): Promise<PerTable> {
  const highest = { actions: 0, events: 0, servers: 0 };
  for (const isShadow of [false, true]) {
    const max = await snapshot.maxIds(isShadow);
    for (const table of TABLE_NAMES) {
      const id = max[table] <= MAX_ID ? max[table] : await highestCopyable(snapshot, { table, isShadow });
      highest[table] = Math.max(highest[table], id);
    }
  }
  return highest;
}

async function highestCopyable(snapshot: CellSnapshot, source: SourceTable): Promise<number> {
  const [row] = await snapshot.page(source, 0, MAX_ID, 1);
  return row?.id ?? 0;
}

/** Returns true if the interruption was so long that the record needs an entry about it. */
function isInterrupted({ state, times }: CellContext): boolean {
  const last = state.readAt ?? state.startedAt;
  if (state.state === 'closed' || last === null) return true;
  return Math.abs(Date.now() - millisecondsOf(last)) > times.interruption;
}
