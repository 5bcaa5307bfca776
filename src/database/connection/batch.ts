import DataLoader from 'dataloader';
import type { DataSource } from 'typeorm';
import { isSqlite } from '../rows/is-sqlite.js';
import { type Key, type Lookup, lookupSql } from '../rows/lookup.js';

/** The function that sends the query of a batch: `Database.read`. */
type Read = <Answer>(deadline: number, query: (source: DataSource) => Promise<Answer>) => Promise<Answer>;

interface Request {
  readonly key: Key;
  readonly deadline: number;
}

/**
 * The maximum time that a batch waits for more keys while the query of another batch is in progress, in milliseconds.
 */
const MAX_BATCH_WAIT = 5;

interface PendingBatch {
  readonly dispatch: () => void;
  isDue: boolean;
}

/**
 * Sends one query for all keys that requests need at the same time. While the database processes the query of one
 * batch, new keys collect in the next batch. This class caches no rows: a later request for the same key sends a new
 * query.
 */
export class Batch<Row extends object> {
  private readonly loader: DataLoader<Request, Row[]>;
  private readonly pending: PendingBatch[] = [];
  private inFlight = 0;
  /**
   * The SQL statements of the lookup. The statement for `n` keys is at the index `n`. All hosts of a database get the
   * same statement.
   */
  private readonly queries: string[] = [];

  constructor(
    private readonly lookup: Lookup,
    private readonly read: Read,
  ) {
    this.loader = new DataLoader((requests) => this.send(requests), {
      cache: false,
      maxBatchSize: lookup.maxKeys,
      batchScheduleFn: (dispatch) => {
        this.schedule(dispatch);
      },
    });
  }

  /** Reads the rows of one key. @throws as `Database.read` */
  add(key: Key, deadline: number): Promise<Row[]> {
    return this.loader.load({ key, deadline });
  }

  /** Adds a batch to the queue. DataLoader adds keys to the batch until the batch is full or its query is sent. */
  private schedule(dispatch: () => void): void {
    const batch = { dispatch, isDue: false };
    this.pending.push(batch);
    // `setImmediate` calls back after all requests that have already arrived have added their keys to the batch.
    setImmediate(() => {
      this.dispatchNext();
    });
    setTimeout(() => {
      batch.isDue = true;
      this.dispatchNext();
    }, MAX_BATCH_WAIT);
  }

  private dispatchNext(): void {
    const [first, next] = this.pending;
    if (first === undefined) return;
    const isReady = next !== undefined || first.isDue;
    if (this.inFlight > 0 && !(isReady && this.inFlight < this.lookup.maxInFlight)) return;
    this.pending.shift();
    first.dispatch();
  }

  private async send(requests: readonly Request[]): Promise<Row[][]> {
    this.inFlight += 1;
    // The query has the latest deadline of its requests. A request with an earlier deadline stops waiting at that
    // deadline, because `Database.load` limits its time.
    const deadline = Math.max(...requests.map((request) => request.deadline));
    const keys = requests.map(({ key }) => key);
    try {
      return await this.read(deadline, (source) => this.query(source, keys));
    } finally {
      this.inFlight -= 1;
      this.dispatchNext();
    }
  }

  private async query(source: DataSource, keys: readonly Key[]): Promise<Row[][]> {
    // On an embedded database (SQLite), one query for several keys is not faster than one query for each key.
    if (isSqlite(source)) {
      return Promise.all(keys.map((key) => source.query<Row[]>(this.textFor(source, 1), [...key])));
    }
    const text = this.textFor(source, keys.length);
    const rows = await source.query<(Row & { place: number })[]>(text, keys.flat());
    const shares = keys.map((): Row[] => []);
    for (const row of rows) shares[row.place]?.push(row);
    return shares;
  }

  private textFor(source: DataSource, keys: number): string {
    return (this.queries[keys] ??= lookupSql(this.lookup, source, keys));
  }
}
