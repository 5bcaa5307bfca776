import { currentTime, millisecondsOf, type RawTime } from '../../database/rows/time.js';
import { perTable } from '../../ledger/cells/cell-states.js';
import type { NewEntry } from '../../ledger/record/entry.js';
import { type CellContext, queryStore } from '../cell-context.js';
import type { RecorderTimes } from '../recorder-times.js';
import { highestIds, settledIds } from '../source/highest-ids.js';
import { deleteChunks } from './chunks.js';
import { gapRange } from './gap-search.js';
import { cellEntry } from '../changes/entries.js';
import { firstRanges, putRanges, rangesBetween, readRanges, withRanges } from './ranges.js';

/**
 * Prepares the recording of a cell, after this process has acquired the lease. Adds the ranges of ids whose rows the
 * recorder may not have copied, and an entry if the cell is new or if the interruption was long.
 *
 * @param reported the time of the last reading before the interruption that this process has recorded last. The process
 * calls this function again after each failure, and must record each interruption only once
 * @returns the value of `reported` for the next call
 */
export async function beginOrResume(cell: CellContext, reported?: RawTime | null): Promise<RawTime | null> {
  const startedAt = currentTime();
  const isNew = cell.state.startedAt === null;
  const { max, settled } = await cell.reader.snapshot(async (snapshot) => {
    const ids = await highestIds(snapshot);
    return { max: ids, settled: isNew ? await settledIds(snapshot, ids, cell.times) : cell.state.settled };
  });
  return cell.exclusive(async () => {
    const { state } = cell;
    const since = state.readAt ?? state.startedAt;
    const number = cell.cell.number;
    const high = perTable((table) => Math.max(state.high[table], max[table]));
    const pending = await queryStore(cell, (store) => readRanges(store, number));
    const added = isNew ? firstRanges(high) : rangesBetween(state.settled, high, pending);
    const entries: NewEntry[] = [];
    if (!isNew) added.push(gapRange(state.high.actions, high.actions));
    if (isNew) entries.push(cellEntry(cell, 'began'));
    else if (state.state === 'closed' || (since !== reported && isInterrupted(since, cell.times))) {
      const [above, upTo] = [state.high.actions, high.actions];
      entries.push(cellEntry(cell, 'resumed', { from_id: above + 1, to_id: upTo, since }));
    }
    await cell.write({
      entries,
      state: {
        ...{ high, settled, state: 'open', past: withRanges(state.past, pending, added) },
        startedAt: state.startedAt ?? startedAt,
      },
      also: async (manager) => {
        // The copying of these ranges adds their rows to the sums of the chunks again.
        if (!isNew) await deleteChunks(manager, number, state.settled);
        await putRanges(manager, number, added);
      },
    });
    return since;
  });
}

/** Returns true if the time since the last reading is so long that the record needs an entry about it. */
function isInterrupted(since: RawTime | null, { interruption }: RecorderTimes): boolean {
  return since === null || Math.abs(Date.now() - millisecondsOf(since)) > interruption;
}
