import DataLoader from 'dataloader';
import type { DataSource } from 'typeorm';
import { type Key, type Lookup, questionFor } from '../rows/lookup.js';

/** Asks one question of a database by its deadline, as `Database.read`. */
type Read = <Answer>(deadline: number, question: (source: DataSource) => Promise<Answer>) => Promise<Answer>;

interface Wanted {
  readonly key: Key;
  readonly deadline: number;
}

/** For how long a batch that is not full waits for one that is under way, in milliseconds. */
const PATIENCE = 5;

interface Gathering {
  readonly dispatch: () => void;
  isDue: boolean;
}

/**
 * Asks for all keys at once that are wanted at the same time; while the database is at work on some, others gather.
 * No row is kept: whoever asks later asks the database.
 */
export class Batch<Row extends object> {
  private readonly loader: DataLoader<Wanted, Row[]>;
  private readonly gathering: Gathering[] = [];
  private underWay = 0;
  /** The question for each number of keys, made once; whatever database of the same kind is asked. */
  private readonly questions: string[] = [];

  constructor(
    private readonly lookup: Lookup,
    private readonly read: Read,
  ) {
    this.loader = new DataLoader((wanted) => this.askAll(wanted), {
      cache: false,
      maxBatchSize: lookup.maxKeys,
      batchScheduleFn: (dispatch) => {
        this.gather(dispatch);
      },
    });
  }

  /** The rows of one key. @throws as `Database.read` */
  load(key: Key, deadline: number): Promise<Row[]> {
    return this.loader.load({ key, deadline });
  }

  /** A batch grows until it is dispatched, or full; then another one begins to gather. */
  private gather(dispatch: () => void): void {
    const batch = { dispatch, isDue: false };
    this.gathering.push(batch);
    // Not before all that has arrived by now has been read, so that it goes together.
    setImmediate(() => {
      this.begin();
    });
    setTimeout(() => {
      batch.isDue = true;
      this.begin();
    }, PATIENCE);
  }

  private begin(): void {
    const [first, next] = this.gathering;
    if (first === undefined) return;
    const isReady = next !== undefined || first.isDue;
    if (this.underWay > 0 && !(isReady && this.underWay < this.lookup.maxInFlight)) return;
    this.gathering.shift();
    first.dispatch();
  }

  private async askAll(wanted: readonly Wanted[]): Promise<Row[][]> {
    this.underWay += 1;
    // Who has less time than the others stops waiting by himself.
    const deadline = Math.max(...wanted.map((one) => one.deadline));
    const keys = wanted.map(({ key }) => key);
    try {
      return await this.read(deadline, (source) => this.ask(source, keys));
    } finally {
      this.underWay -= 1;
      this.begin();
    }
  }

  private async ask(source: DataSource, keys: readonly Key[]): Promise<Row[][]> {
    // An embedded database gains nothing from greater questions.
    if (source.options.type === 'better-sqlite3') {
      return Promise.all(keys.map((key) => source.query<Row[]>(this.question(source, 1), [...key])));
    }
    const rows = await source.query<(Row & { place: number })[]>(
      this.question(source, keys.length),
      keys.flat(),
    );
    const shares = keys.map((): Row[] => []);
    for (const row of rows) shares[row.place]?.push(row);
    return shares;
  }

  private question(source: DataSource, keys: number): string {
    return (this.questions[keys] ??= questionFor(this.lookup, source, keys));
  }
}
