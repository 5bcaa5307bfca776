import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { Batch } from './batch.js';
import type { Lookup } from '../rows/lookup.js';

interface Row {
  readonly key: string;
  readonly place?: number;
}

/**
 * A database that responds to queries only when a test calls `answerAll`. It returns three rows for the key `3`, four
 * rows for the key `4`, and so on.
 */
class Numbers {
  readonly queries: string[][] = [];
  readonly deadlines: number[] = [];
  private answers: (() => void)[] = [];
  readonly source: DataSource;

  constructor(type: 'mysql' | 'better-sqlite3' = 'mysql') {
    const query = async (sql: string, keys: string[]): Promise<Row[]> => {
      this.queries.push(keys);
      // The SQL contains one match of this pattern for each key, in both kinds of lookup.
      expect(sql.match(/SELECT \d+ AS place, key FROM numbers WHERE key = \?|SELECT \d+, \?/g)).toHaveLength(
        keys.length,
      );
      await new Promise<void>((resolve) => this.answers.push(resolve));
      if (keys.includes('broken')) throw new Error('no response');
      return keys.flatMap((key, place) => Array.from({ length: Number(key) }, () => ({ key, place })));
    };
    this.source = { query, options: { type } } as unknown as DataSource;
  }

  /** Responds to all queries in progress, and then to the queries that are sent because of these responses. */
  async answerAll(): Promise<void> {
    for (let idle = 0; idle < 3; idle += 1) {
      if (this.answers.length > 0) idle = 0;
      for (const answer of this.answers.splice(0)) answer();
      await jest.advanceTimersByTimeAsync(10);
    }
  }
}

const separate: Lookup = { maxKeys: 100, maxInFlight: 4, sql: () => 'SELECT key FROM numbers WHERE key = ?' };
const joined: Lookup = {
  maxKeys: 100,
  maxInFlight: 4,
  key: { table: '{numbers}', columns: ['key'] },
  select: 'numbers.key',
  from: '{numbers} ON numbers.key = wanted.key',
};

function batch(numbers: Numbers, maxKeys = 100, kind = joined): Batch<Row> {
  const lookup = { ...kind, maxKeys };
  return new Batch<Row>(lookup, (deadline, query) => {
    numbers.deadlines.push(deadline);
    return query(numbers.source);
  });
}

async function load(numbers: Numbers, loader: Batch<Row>, keys: readonly string[]): Promise<number[]> {
  const rows = Promise.all(keys.map((key) => loader.add([key], 1)));
  await numbers.answerAll();
  const answers = await rows;
  answers.forEach((answer, index) => {
    expect(answer.every(({ key }) => key === keys[index])).toBe(true);
  });
  return answers.map((answer) => answer.length);
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
});

afterEach(() => {
  jest.useRealTimers();
});

describe('a batch', () => {
  it.each([
    ['joined', joined],
    ['UNION ALL', separate],
  ])(
    'a batch sends one %s query for all keys that are requested at the same time, and gives each request the rows of the key that it requested',
    async (_form, kind) => {
      const numbers = new Numbers();
      expect(await load(numbers, batch(numbers, 100, kind), ['3', '0', '1', '3'])).toEqual([3, 0, 1, 3]);
      expect(numbers.queries).toEqual([['3', '0', '1', '3']]);
      expect(await load(numbers, batch(numbers, 100, kind), ['2'])).toEqual([2]);
    },
  );

  it('a batch does not cache rows: a later request for the same key sends a new query', async () => {
    const numbers = new Numbers();
    const loader = batch(numbers);
    await load(numbers, loader, ['2']);
    await load(numbers, loader, ['2']);
    expect(numbers.queries).toEqual([['2'], ['2']]);
  });

  it('a batch has at most maxKeys keys', async () => {
    const numbers = new Numbers();
    expect(await load(numbers, batch(numbers, 2), ['1', '2', '3', '4', '5'])).toEqual([1, 2, 3, 4, 5]);
    expect(numbers.queries).toEqual([['1', '2'], ['3', '4'], ['5']]);
  });

  it('a batch collects keys for a few milliseconds while another batch is in progress', async () => {
    const numbers = new Numbers();
    const loader = batch(numbers);
    const first = loader.add(['1'], 1);
    await jest.advanceTimersByTimeAsync(1);
    const others = ['2', '3'].map((key) => loader.add([key], 1));
    // The second query was sent although the first one has no response yet.
    await jest.advanceTimersByTimeAsync(50);
    expect(numbers.queries).toEqual([['1'], ['2', '3']]);
    await numbers.answerAll();
    expect((await Promise.all([first, ...others])).map(({ length }) => length)).toEqual([1, 2, 3]);
  });

  it('a batch has the latest deadline of its requests', async () => {
    const numbers = new Numbers();
    const loader = batch(numbers);
    const rows = [loader.add(['1'], 100), loader.add(['2'], 300), loader.add(['3'], 200)];
    await numbers.answerAll();
    await Promise.all(rows);
    expect(numbers.deadlines).toEqual([300]);
  });

  it('if a batch fails, the requests in that batch fail, and no other request fails', async () => {
    const numbers = new Numbers();
    const loader = batch(numbers, 2);
    const rows = Promise.allSettled(['1', 'broken', '2'].map((key) => loader.add([key], 1)));
    await numbers.answerAll();
    expect((await rows).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(await load(numbers, loader, ['1'])).toEqual([1]);
  });

  it('a batch sends one query for each key to an embedded database', async () => {
    const numbers = new Numbers('better-sqlite3');
    expect(await load(numbers, batch(numbers), ['3', '0', '1'])).toEqual([3, 0, 1]);
    expect(numbers.queries).toEqual([['3'], ['0'], ['1']]);
  });
});
