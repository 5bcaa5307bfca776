import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { Batch, type Lookup } from './batch.js';

interface Row {
  readonly key: string;
  readonly place?: number;
}

/** A database that answers, when told to, each key with as many rows as its number says. */
class Numbers {
  readonly asked: string[][] = [];
  readonly deadlines: number[] = [];
  private answers: (() => void)[] = [];
  readonly source: DataSource;

  constructor(type: 'mysql' | 'better-sqlite3' = 'mysql') {
    const query = async (sql: string, keys: string[]): Promise<Row[]> => {
      this.asked.push(keys);
      expect(sql.match(/SELECT key FROM numbers WHERE key = \?|SELECT \d+ AS place, key FROM/g)).toHaveLength(
        keys.length,
      );
      await new Promise<void>((resolve) => this.answers.push(resolve));
      if (keys.includes('broken')) throw new Error('no answer');
      const isOne = keys.length === 1;
      return keys.flatMap((key, place) =>
        Array.from({ length: Number(key) }, () => (isOne ? { key } : { key, place })),
      );
    };
    this.source = { query, options: { type } } as unknown as DataSource;
  }

  /** Answers what is asked, and what is asked then, until nobody asks any more. */
  async answerAll(): Promise<void> {
    for (let idle = 0; idle < 3; idle += 1) {
      if (this.answers.length > 0) idle = 0;
      for (const answer of this.answers.splice(0)) answer();
      await sleep(10);
    }
  }
}

function batch(numbers: Numbers, keys = 100): Batch<Row> {
  const lookup: Lookup = { keys, batches: 4, sql: () => 'SELECT key FROM numbers WHERE key = ?' };
  return new Batch<Row>(lookup, (deadline, question) => {
    numbers.deadlines.push(deadline);
    return question(numbers.source);
  });
}

async function load(numbers: Numbers, loader: Batch<Row>, keys: readonly string[]): Promise<number[]> {
  const rows = Promise.all(keys.map((key) => loader.load([key], 1)));
  await numbers.answerAll();
  const answers = await rows;
  answers.forEach((answer, index) => {
    expect(answer.every(({ key }) => key === keys[index])).toBe(true);
  });
  return answers.map((answer) => answer.length);
}

describe('a batch', () => {
  it('asks at once for all that is wanted at the same time, and gives each its own rows', async () => {
    const numbers = new Numbers();
    expect(await load(numbers, batch(numbers), ['3', '0', '1', '3'])).toEqual([3, 0, 1, 3]);
    expect(numbers.asked).toEqual([['3', '0', '1', '3']]);
  });

  it('asks for one alone as it is', async () => {
    const numbers = new Numbers();
    expect(await load(numbers, batch(numbers), ['2'])).toEqual([2]);
  });

  it('keeps no row', async () => {
    const numbers = new Numbers();
    const loader = batch(numbers);
    await load(numbers, loader, ['2']);
    await load(numbers, loader, ['2']);
    expect(numbers.asked).toEqual([['2'], ['2']]);
  });

  it('is no larger than the lookup says', async () => {
    const numbers = new Numbers();
    expect(await load(numbers, batch(numbers, 2), ['1', '2', '3', '4', '5'])).toEqual([1, 2, 3, 4, 5]);
    expect(numbers.asked).toEqual([['1', '2'], ['3', '4'], ['5']]);
  });

  it('gathers while another is under way, yet not for long', async () => {
    const numbers = new Numbers();
    const loader = batch(numbers);
    const first = loader.load(['1'], 1);
    await sleep(1);
    const others = ['2', '3'].map((key) => loader.load([key], 1));
    // The first has no answer, and the others do not wait for that.
    await sleep(50);
    expect(numbers.asked).toEqual([['1'], ['2', '3']]);
    await numbers.answerAll();
    expect((await Promise.all([first, ...others])).map(({ length }) => length)).toEqual([1, 2, 3]);
  });

  it('waits as long as the one who has the most time', async () => {
    const numbers = new Numbers();
    const loader = batch(numbers);
    const rows = [loader.load(['1'], 100), loader.load(['2'], 300), loader.load(['3'], 200)];
    await numbers.answerAll();
    await Promise.all(rows);
    expect(numbers.deadlines).toEqual([300]);
  });

  it('fails for those in it, and for nobody else', async () => {
    const numbers = new Numbers();
    const loader = batch(numbers, 2);
    const rows = Promise.allSettled(['1', 'broken', '2'].map((key) => loader.load([key], 1)));
    await numbers.answerAll();
    expect((await rows).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(await load(numbers, loader, ['1'])).toEqual([1]);
  });

  it('asks an embedded database one by one', async () => {
    const numbers = new Numbers('better-sqlite3');
    expect(await load(numbers, batch(numbers), ['3', '0', '1'])).toEqual([3, 0, 1]);
    expect(numbers.asked).toEqual([['3'], ['0'], ['1']]);
  });
});
