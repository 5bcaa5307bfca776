import { describe, expect, it } from '@jest/globals';
import { InvalidLine } from '../nova/fault/invalid-line.js';
import type { BodyLine } from '../nova/route/api-features.js';
import { type ImportBatch, importBatches } from './import-batches.js';

const TIME = '2026-11-27T04:16:20.000000Z';

const line = (id: number, message = ''): string =>
  JSON.stringify({ id, status: 'success', created_at: TIME, message, events: [], server: null });

async function* linesOf(texts: Iterable<string>): AsyncGenerator<BodyLine, void> {
  let number = 0;
  for (const text of texts) yield await Promise.resolve({ number: (number += 1), text });
}

/** Returns all batches, and the error at their end. */
async function read(
  lines: AsyncIterable<BodyLine>,
  firstLine = 1,
  known = 0,
): Promise<[batches: ImportBatch[], error: unknown]> {
  const batches: ImportBatch[] = [];
  try {
    for await (const batch of importBatches(lines, firstLine, known)) batches.push(batch);
  } catch (error) {
    return [batches, error];
  }
  return [batches, undefined];
}

describe('the batches of an import', () => {
  it('read a line only when the previous batch is written, so at most 500 lines are in memory', async () => {
    let sent = 0;
    function* texts(): Generator<string, void> {
      for (sent = 1; sent <= 5_000; sent += 1) yield line(sent);
    }
    const ahead: number[] = [];
    let written = 0;
    for await (const { actions } of importBatches(linesOf(texts()), 1, 0)) {
      ahead.push(sent - written);
      written += actions.length;
    }
    expect(written).toBe(5_000);
    expect(Math.max(...ahead)).toBe(500);
  });

  it('have at most 500 actions', async () => {
    const [batches] = await read(linesOf(Array.from({ length: 1_200 }, (_value, id) => line(id))));
    expect(batches.map(({ actions }) => actions.length)).toEqual([500, 500, 200]);
    expect(batches.map(({ lastLine }) => lastLine)).toEqual([500, 1_000, 1_200]);
  });

  it('are written early if their lines are long', async () => {
    const details = 'x'.repeat(60_000);
    const events = Array.from({ length: 10 }, () => ({ event: 'compute_run', details }));
    const long = JSON.stringify({ id: 1, status: 'error', events });
    const [batches] = await read(linesOf(Array.from({ length: 14 }, () => long)));
    expect(batches.map(({ actions }) => actions.length)).toEqual([7, 7, 0]);
  });

  it('end with the lines before an invalid line', async () => {
    const [batches, error] = await read(linesOf([line(1), line(2), '{"id": 3}', line(4)]), 11);
    expect(batches.map(({ actions, lastLine }) => [actions.length, lastLine])).toEqual([[2, 12]]);
    expect(error).toBeInstanceOf(InvalidLine);
    expect((error as InvalidLine).line).toBe(13);
  });

  it('end with the lines before a line that cannot be read', async () => {
    async function* cut(): AsyncGenerator<BodyLine, void> {
      yield* linesOf([line(1)]);
      throw new InvalidLine(2, 'is not UTF-8');
    }
    const [batches, error] = await read(cut(), 11);
    expect(batches.map(({ actions, lastLine }) => [actions.length, lastLine])).toEqual([[1, 11]]);
    expect(error).toMatchObject({ line: 12, detail: 'is not UTF-8' });
  });

  it('skip the lines that the store has, and do not check them', async () => {
    const [[batch]] = await read(linesOf(['broken', 'broken', line(3)]), 5, 6);
    expect(batch).toMatchObject({ skipped: 2, numbers: [7], lastLine: 7 });
  });

  it.each([
    ['{"end": true}', true],
    ['{"next": "https://example.org/actions?cursor=x"}', false],
  ])(
    'say that an import is complete only if its last line says that the export ended: %s',
    async (last, isComplete) => {
      const [[batch]] = await read(linesOf([line(1), last]));
      expect(batch).toMatchObject({ numbers: [1], lastLine: 2, isComplete });
    },
  );
});
