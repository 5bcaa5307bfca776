import { Injectable } from '@nestjs/common';
import { Fault, ServiceUnavailable } from '../nova/fault/faults.js';
import type { ProblemKind } from '../nova/fault/problem-kind.js';

/** The number of large reads that run at the same time. The second one uses the database while the first one computes. */
const SLOTS = 2;

/** The maximum numbers of open exports, of one caller and of the process. */
export const MAX_EXPORTS_PER_CALLER = 5;
export const MAX_EXPORTS = 50;

/** The caller has the maximum number of open exports. */
export class TooManyExports extends Fault {
  override readonly status = 429;
  override readonly retryAfter = 10;
  override readonly problem: ProblemKind = {
    slug: 'too-many-exports',
    title: 'The project has too many open exports',
  };

  constructor() {
    super(`The project has ${MAX_EXPORTS_PER_CALLER} open exports. Wait until one of them has ended.`);
  }
}

/**
 * Makes large reads of the log take turns, so that they do not delay other requests. The callers get slots in turn: a
 * caller with many large reads does not delay the large reads of other callers. All users of a project are one caller.
 */
@Injectable()
export class LargeReads {
  private free = SLOTS;
  /** The functions that start the waiting reads, by caller. The first caller gets the next slot. */
  private readonly waiting = new Map<string, Set<() => void>>();
  /** The numbers of open exports, by caller. */
  private readonly exports = new Map<string, number>();
  private openExports = 0;

  /**
   * Runs a read when a slot is free.
   *
   * @param signal aborted if the read must not wait any longer. It does not stop a read that has started
   * @throws ServiceUnavailable if the signal is aborted before the read starts
   */
  async run<Result>(caller: string, signal: AbortSignal, read: () => Promise<Result>): Promise<Result> {
    await this.slot(caller, signal);
    try {
      return await read();
    } finally {
      // Other work of the event loop runs before the next read.
      setImmediate(() => {
        this.free += 1;
        this.startNext();
      });
    }
  }

  /**
   * Opens an export.
   *
   * @returns a function that closes it
   * @throws TooManyExports or ServiceUnavailable if there are too many open exports
   */
  openExport(caller: string): () => void {
    const own = this.exports.get(caller) ?? 0;
    if (own >= MAX_EXPORTS_PER_CALLER) throw new TooManyExports();
    if (this.openExports >= MAX_EXPORTS) throw new ServiceUnavailable();
    this.countExport(caller, 1);
    return () => {
      this.countExport(caller, -1);
    };
  }

  private countExport(caller: string, change: 1 | -1): void {
    this.openExports += change;
    const own = (this.exports.get(caller) ?? 0) + change;
    if (own === 0) this.exports.delete(caller);
    else this.exports.set(caller, own);
  }

  private slot(caller: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const reads = this.waiting.get(caller) ?? new Set();
      const leave = (): void => {
        reads.delete(start);
        if (reads.size === 0) this.waiting.delete(caller);
        reject(new ServiceUnavailable());
      };
      const start = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      if (signal.aborted) {
        reject(new ServiceUnavailable());
        return;
      }
      signal.addEventListener('abort', leave);
      this.waiting.set(caller, reads.add(start));
      this.startNext();
    });
  }

  private startNext(): void {
    const [next] = this.waiting;
    if (this.free === 0 || next === undefined) return;
    const [caller, reads] = next;
    const [start] = reads;
    // The other reads of the caller wait behind those of all other callers.
    this.waiting.delete(caller);
    if (start === undefined) return;
    reads.delete(start);
    if (reads.size > 0) this.waiting.set(caller, reads);
    this.free -= 1;
    start();
  }
}
