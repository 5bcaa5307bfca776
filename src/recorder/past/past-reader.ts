import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { errorText } from '../../common/error-text.js';
import { DatabaseUnavailable } from '../../database/connection/database.js';
import { head } from '../../ledger/record/record.js';
import { type CellContext, queryStore } from '../cell-context.js';
import { MAX_RESULT_BYTES } from '../source/result-size.js';
import type { CellSnapshot } from '../source/cell-reader.js';

/** The minimum number of rows that one snapshot reads from the table of a range. */
const MIN_LIMIT = 50;

/**
 * The duration of a snapshot, in milliseconds, above which the next ones read fewer rows. They also read fewer rows
 * after a snapshot of more than `MAX_RESULT_BYTES`.
 */
const SLOW_AFTER = 400;

/** The pauses after a failed snapshot, in milliseconds: the first one, and the maximum. */
const RETRY_AFTER = 500;
const MAX_RETRY_PAUSE = 30_000;

/** The result of a snapshot. */
export interface Reading<Rows> {
  /** The last position of the record before the snapshot. A row with a higher position was read later. */
  readonly head: number;
  readonly rows: Rows;
}

/** Reads old rows of a cell, during a limited share of the time. While the cell is unreachable, it waits. */
export class PastReader {
  private readonly logger = new Logger(PastReader.name);
  private notBefore = 0;
  private currentLimit: number;

  /**
   * @param signal a signal that ends each pause
   * @param share the share of the time, in percent, in which the cell's database works for this reader
   * @param maxLimit the maximum number of rows that one snapshot reads from the table of a range
   * @param pause waits for a time in milliseconds
   */
  constructor(
    private readonly cell: CellContext,
    private readonly signal: AbortSignal,
    private readonly share: number,
    private readonly maxLimit: number,
    private readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<unknown> = pauseFor,
  ) {
    this.currentLimit = maxLimit;
  }

  /** The number of rows that the next snapshot should read. It is lower while the cell is slow. */
  get limit(): number {
    return this.currentLimit;
  }

  /**
   * Runs `work` on a snapshot of the cell. Repeats it until the cell responds in time, with a lower `limit`. So `work`
   * must read `limit` each time: a slow cell never returns the original number of rows in one snapshot.
   *
   * @throws AbortError if the signal is aborted
   */
  async read<Rows>(work: (snapshot: CellSnapshot) => Promise<Rows>): Promise<Reading<Rows>> {
    for (let pause = RETRY_AFTER; ; pause = Math.min(2 * pause, MAX_RETRY_PAUSE)) {
      await this.wait(this.notBefore - performance.now());
      const before = await queryStore(this.cell, head);
      const startedAt = performance.now();
      try {
        const { rows, bytes } = await this.cell.reader.snapshot(async (snapshot) => {
          return { rows: await work(snapshot), bytes: snapshot.bytes };
        });
        this.pace(performance.now() - startedAt, bytes);
        return { head: before.position, rows };
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable)) throw error;
        this.logger.warn(
          `cannot read old rows of the cell ${this.cell.cell.uuid}: ${errorText(error.cause)}`,
        );
        this.currentLimit = Math.min(this.maxLimit, MIN_LIMIT);
        await this.wait(pause);
      }
    }
  }

  private pace(spent: number, bytes: number): void {
    this.notBefore = performance.now() + spent * (100 / this.share - 1);
    const isLarge = spent > SLOW_AFTER || bytes > MAX_RESULT_BYTES;
    const limit = isLarge ? this.currentLimit / 2 : this.currentLimit * 1.5;
    this.currentLimit = Math.round(Math.min(this.maxLimit, Math.max(MIN_LIMIT, limit)));
  }

  private async wait(milliseconds: number): Promise<void> {
    this.signal.throwIfAborted();
    if (milliseconds > 0) await this.pause(milliseconds, this.signal);
  }
}

function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  return sleep(milliseconds, undefined, { signal });
}
