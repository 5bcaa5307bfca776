import { BLOCK_SIZE, blockOf } from './id-blocks.js';

/** The number of samples per window of time. */
const SAMPLES = 100;

/**
 * The highest id of a table over time. A row may be committed late: after rows with higher ids. If it is committed at
 * most `age` after them, its id is above the id that was the highest `age` ago.
 */
export class HighIds {
  private readonly samples: { readonly at: number; readonly id: number }[];

  /**
   * @param lowest the highest id before the recorder began to watch the table: rows below it were compared before
   * @param age the age of the oldest sample that is needed, in milliseconds
   */
  constructor(
    lowest: number,
    private readonly age: number,
  ) {
    this.samples = [{ at: -Infinity, id: lowest }];
  }

  /** Adds the highest id at a time, on the clock of `performance.now()`. */
  add(id: number, now: number): void {
    const last = this.samples.at(-1);
    if (last === undefined || id <= last.id || now - last.at < this.age / SAMPLES) return;
    this.samples.push({ at: now, id });
    while ((this.samples[1]?.at ?? now) < now - this.age) this.samples.shift();
  }

  /** Returns the highest id at a time, or an earlier one. */
  asOf(time: number): number {
    return this.samples.findLast(({ at }) => at <= time)?.id ?? 0;
  }

  /** Returns the id from which on a round must compare the rows that are younger than `age`: the start of a block. */
  windowStart(now: number, age: number, high: number, maxIds: number): number {
    const youngest = Math.max(this.asOf(now - age) + 1, high - maxIds + 1, 1);
    return blockOf(youngest) * BLOCK_SIZE;
  }
}
