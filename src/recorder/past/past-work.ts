import { millisecondsOf } from '../../database/rows/time.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CellContext, queryStore } from '../cell-context.js';
import { GapSearch } from './gap-search.js';
import { PastCopier } from './past-copier.js';
import { PastReader } from './past-reader.js';
import { readRanges } from './ranges.js';
import { reportRowsAbove } from './rows-above.js';
import { Reconciler } from './reconciler.js';

/** The share of the time for the comparison, as a fraction of the share for the copying. */
const RECONCILE_SHARE = 1 / 5;

/** The default of the maximum number of rows that one snapshot reads. */
const MAX_LIMIT = 500;

/** The maximum pause between two checks for work, in milliseconds. */
const MAX_PAUSE = 10_000;

/** The work on the past of a cell: copies ranges of ids, and then compares the copy with Nova again and again. */
export class PastWork {
  /** @param limit the maximum number of rows that one snapshot reads from the table of a range */
  constructor(
    private readonly cell: CellContext,
    private readonly limit = MAX_LIMIT,
  ) {}

  /**
   * Works until the signal is aborted.
   *
   * @throws IdsReused if Nova has assigned ids again: see `checkIds`
   * @throws as `RecordWriter.write`
   */
  async run(signal: AbortSignal): Promise<void> {
    const { cell } = this;
    const { pastShare } = cell.times;
    const reader = new PastReader(cell, signal, pastShare, this.limit);
    const gaps = new GapSearch(cell, reader);
    const copier = new PastCopier(cell, reader);
    const reconciler = new Reconciler(
      cell,
      new PastReader(cell, signal, pastShare * RECONCILE_SHARE, this.limit),
    );
    try {
      for (;;) {
        await copyRanges(cell, copier, gaps);
        if (cell.hasRowsAbove) await reportRowsAbove(cell, reader);
        const wait = timeToReconcile(cell);
        if (wait <= 0) await reconciler.compareAll();
        else await sleep(Math.min(wait, MAX_PAUSE, 10 * cell.times.interval), undefined, { signal });
      }
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
  }
}

async function copyRanges(cell: CellContext, copier: PastCopier, gaps: GapSearch): Promise<void> {
  for (;;) {
    const ranges = await queryStore(cell, (store) => readRanges(store, cell.cell.number));
    const range = ranges.find((one) => one.stage !== 'gaps' || gaps.canSearch(one));
    if (range === undefined) return;
    if (range.stage === 'gaps') await gaps.search(range);
    else await copier.copy(range);
  }
}

/** Returns the time to the next comparison in milliseconds; 0 or less if it is due. */
function timeToReconcile({ state, times }: CellContext): number {
  if (state.reconciledAt === null) return 0;
  // If the clock was set back, the comparison is due at once, because its time is not known.
  const elapsed = Date.now() - millisecondsOf(state.reconciledAt);
  return elapsed < 0 ? 0 : times.reconcileInterval - elapsed;
}
