import type { RecorderTimes } from './recorder-times.js';

/**
 * The duration above which a round is slow, and the additional duration for each row that it reads, in milliseconds.
 */
const SLOW = 250;
const SLOW_PER_ROW = 1;

/** The maximum pauses, as multiples of the usual one: between slow rounds, and after a round that failed. */
const MAX_SLOW = 60;
const MAX_FAILED = 10;

/** The maximum number of new rows of a table that a round reads. */
const MAX_ROWS = 2_000;

/** A finished round. */
export interface RoundWork {
  /** The duration of the round, in milliseconds. */
  readonly spent: number;
  readonly rows: number;
}

/**
 * The pauses between the rounds of one cell. The recorder uses one connection at most a fifth of the time, and even
 * less if the cell is slow.
 */
export class Pace {
  private factor = 1;

  constructor(private readonly times: Pick<RecorderTimes, 'interval' | 'nearIds'>) {}

  /** The maximum number of ids of a table that a round compares. It shrinks while the cell is slow. */
  get nearIds(): number {
    return Math.max(Math.ceil(this.times.nearIds / this.factor), 1_000);
  }

  /** The maximum number of new rows of a table that a round reads. It shrinks while the cell is slow. */
  get limit(): number {
    return Math.max(Math.ceil(MAX_ROWS / this.factor), 100);
  }

  /** Returns the pause after a round, in milliseconds. */
  after({ spent, rows }: RoundWork): number {
    const isSlow = spent > SLOW + rows * SLOW_PER_ROW;
    this.factor = isSlow ? Math.min(this.factor * 2, MAX_SLOW) : Math.max(this.factor / 2, 1);
    return Math.max(this.times.interval * this.factor, 4 * spent);
  }

  /**
   * Returns the pause after a round that failed, in milliseconds. It is shorter than for a slow cell: while a database
   * is marked as down, a round sends no statement.
   */
  afterFailure(): number {
    this.factor = Math.min(this.factor * 2, MAX_FAILED);
    return this.times.interval * this.factor;
  }
}
