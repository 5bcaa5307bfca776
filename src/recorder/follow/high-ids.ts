import { BLOCK_SIZE, blockOf } from './id-blocks.js';

/** The maximum number of samples that are younger than `age`. */
const SAMPLES = 100;

/**
 * The highest id of a table over time. Nova may commit a row late: after rows with higher ids. If the delay is at most
 * `age`, the id of the row is above the id that was the highest one before this time.
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

  /** Returns the highest id at a time, or a lower one from shortly before. */
  asOf(time: number): number {
    return this.samples.findLast(({ at }) => at <= time)?.id ?? 0;
  }

  /** Returns the start of the block that contains the oldest row younger than `age`. A round compares from there on. */
  windowStart(now: number, age: number, high: number, maxIds: number): number {
    const youngest = Math.max(this.asOf(now - age) + 1, high - maxIds + 1, 1);
    return blockOf(youngest) * BLOCK_SIZE;
  }
}
