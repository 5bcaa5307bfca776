import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  type FactoryProvider,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { errorText } from '../../common/error-text.js';
import { throttle } from '../../common/throttle.js';
import type { Database } from '../../database/connection/database.js';
import { answerDeadline, timeLimits } from '../../database/connection/time-limits.js';
import { type HeldLease, Lease, LeaseLost, onDatabase } from '../../database/own-store/lease.js';
import { OwnStore } from '../../database/own-store/own-store.js';
import { appended, head, type Store, storeOf } from '../record/record.js';
import { countBacklog, nextBackfillPage } from './backfill.js';
import { type ChangedActions, changedActions, entryHeadsAfter } from './changed-actions.js';
import { indexActions } from './index-actions.js';
import {
  backlogsOf,
  hasWork,
  lockSearch,
  readProgress,
  searchEvents,
  type SearchProgress,
} from './progress.js';

/** The pauses of the indexer, in milliseconds. */
const PAUSES = {
  /** The time between two checks for new entries. */
  idle: 500,
  /** The time from an entry of this process to the next check: the transaction of the entry has not committed yet. */
  commit: 100,
  /** The time after a failure. */
  failure: 2_000,
};
/** The number of entries or old actions that the indexer reads at a time, and of actions in one transaction. */
const BATCH = 500;
const LOG_INTERVAL = 60_000;
/** The maximum time in which the indexer reads the next entries and the actions that they change, in milliseconds. */
const READ_TIMEOUT = 60_000;

/** Actions whose search rows the indexer must write. */
interface Part {
  readonly changed: ChangedActions;
  /** The position up to which a host must have the record, so that it has all rows from which the search rows follow. */
  readonly upTo: number;
  /** Stores that the search contains the actions. It belongs to the last transaction that writes their search rows. */
  readonly finish: (manager: EntityManager) => Promise<void>;
  /** Set for old actions: the progress before them. */
  readonly backlog?: SearchProgress;
}

/**
 * Keeps the rows of the search in step with the record. It follows the entries, and computes the search rows from the
 * current rows of the actions. It also indexes old actions without entries. Of several processes with one store, only
 * one indexes at a time.
 */
export class Indexer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Indexer');
  private readonly lease: Lease;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private waking = new AbortController();
  /** The number of old actions that are not yet in the search. Undefined if this process does not know it. */
  private remaining: number | undefined;
  private readonly warn = throttle((count: number, error: unknown) => {
    this.log.warn(`the search rows could not be updated (${count} times): ${errorText(error)}`);
  }, LOG_INTERVAL);

  constructor(
    private readonly store: Database,
    private readonly pauses = PAUSES,
  ) {
    this.lease = new Lease('search', onDatabase(store));
  }

  /** Begins to index in the background. */
  start(): void {
    appended.subscribe(this.wake);
    this.running = this.run();
  }

  /** Finishes the transaction in progress, and releases the lease. */
  async stop(): Promise<void> {
    appended.unsubscribe(this.wake);
    this.stopping.abort();
    await this.running;
  }

  onApplicationBootstrap(): void {
    this.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  private readonly wake = (): void => {
    // A call of `abort` makes an error with a stack trace, even if nothing changes.
    if (!this.waking.signal.aborted) this.waking.abort();
  };

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      this.waking = new AbortController();
      const hasFailed = await this.indexIfFree().then(() => false, this.logFailure);
      const { idle, commit, failure } = this.pauses;
      if (hasFailed) await pause(failure, [signal]);
      else await pause(idle, [signal, this.waking.signal]);
      if (this.waking.signal.aborted) await pause(commit, [signal]);
    }
  }

  /** Logs an error of the database. @returns false if another process has only taken over the lease */
  private readonly logFailure = (error: unknown): boolean => {
    if (error instanceof LeaseLost) return false;
    this.warn(error instanceof Error ? (error.cause ?? error) : error);
    return true;
  };

  /** Indexes all entries and old actions, if there are any, and if no other process is indexing. */
  private async indexIfFree(): Promise<void> {
    const progress = await this.store.read(answerDeadline(), (source) => this.progress(source));
    if (!hasWork(progress) || !(await this.lease.isFree())) return;
    const lease = await this.lease.acquire();
    if (lease === undefined) return;
    try {
      await this.index(lease);
    } finally {
      this.remaining = undefined;
      // If the release fails, the lease expires.
      await lease.release().catch(() => undefined);
    }
  }

  private async index(lease: HeldLease): Promise<void> {
    const { signal } = this.stopping;
    let isCounted = false;
    while (!signal.aborted) {
      const startedAt = performance.now();
      const part = await this.store.read(performance.now() + READ_TIMEOUT, (source) => this.nextPart(source));
      if (part === undefined) return;
      const { changed, backlog } = part;
      if (backlog !== undefined && !isCounted) {
        isCounted = true;
        // Only a metric needs the number. In a very large store, the count takes long, or exceeds its time limit.
        const count = countBacklog(storeOf(this.store), backlog).catch(() => undefined);
        this.remaining = await Promise.race([count, pause(READ_TIMEOUT, [signal]).then(() => undefined)]);
      }
      await this.write(lease, part);
      if (backlog !== undefined && this.remaining !== undefined)
        this.remaining = Math.max(0, this.remaining - changed.size);
      // While there is much to index, the indexer leaves half of the time to other processes.
      if (changed.size >= BATCH) await pause(performance.now() - startedAt, [signal]);
    }
  }

  private async progress(source: Store): Promise<SearchProgress> {
    const progress = await readProgress(source);
    const lag = progress.head.position - progress.indexed.position;
    const remaining = backlogsOf(progress).length === 0 ? 0 : this.remaining;
    searchEvents.publish({ lag, remaining });
    return progress;
  }

  /**
   * Reads the next actions to index. Undefined if there are none.
   *
   * @param source one host of the store. Another host may lack the newest entries
   */
  private async nextPart(source: Store): Promise<Part | undefined> {
    const progress = await this.progress(source);
    if (!hasWork(progress)) return undefined;
    const { head: newest, indexed } = progress;
    return indexed.position < newest.position ? entriesPart(source, progress) : backlogPart(source, progress);
  }

  /**
   * Writes the search rows of actions, in one or several transactions.
   *
   * @throws Error if the host to which it writes lacks entries that this process has read on another host
   */
  private async write(lease: HeldLease, { changed, upTo, finish }: Part): Promise<void> {
    const all = [...changed];
    for (let start = 0, isLast = false; !isLast; start += BATCH) {
      isLast = start + BATCH >= all.length;
      const part = new Map(all.slice(start, start + BATCH));
      await this.store.write(
        async (manager) => {
          await lease.fence(manager);
          await lockSearch(manager);
          await indexActions(manager, part);
          if ((await head(manager)).position < upTo)
            throw new Error('the host of the store lacks the newest entries');
          if (isLast) await finish(manager);
        },
        { isIdempotent: true, deadline: performance.now() + 4 * timeLimits().transaction },
      );
    }
  }
}

/** Reads the actions that the next entries have changed. */
async function entriesPart(source: Store, { head: newest, indexed }: SearchProgress): Promise<Part> {
  const entries = await entryHeadsAfter(source, indexed.position, BATCH);
  const changed = await changedActions(source, entries);
  // The last entries may be missing, because the retention has deleted them.
  const { position, recordedAt } = entries.length < BATCH ? newest : (entries.at(-1) ?? newest);
  const finish = async (manager: EntityManager): Promise<void> => {
    const change = "UPDATE record_head SET position = ?, recorded_at = ? WHERE name = 'search'";
    await manager.query(change, [position, recordedAt]);
  };
  return { changed, upTo: position, finish };
}

/** Reads old actions. */
async function backlogPart(source: Store, progress: SearchProgress): Promise<Part> {
  const [name = 'search-own'] = backlogsOf(progress);
  const { ids, finish } = await nextBackfillPage(source, name, progress, BATCH);
  const changed = new Map(ids.map((id) => [id, undefined]));
  return { changed, upTo: progress.head.position, finish, backlog: progress };
}

/** Provides the indexer of the own store. */
export const INDEXER: FactoryProvider<Indexer> = {
  provide: Indexer,
  inject: [OwnStore],
  useFactory: ({ database }: OwnStore) => new Indexer(database),
};

/** Waits for some time, in milliseconds, or until one of the signals. */
async function pause(time: number, signals: AbortSignal[]): Promise<void> {
  await sleep(time, undefined, { signal: AbortSignal.any(signals), ref: false }).catch(() => undefined);
}
