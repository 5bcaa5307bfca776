import { describe, expect, it } from '@jest/globals';
import { DatabaseUnavailable } from '../../database/connection/database.js';
import type { CellContext } from '../cell-context.js';
import { GapSearch } from './gap-search.js';
import { PastReader } from './past-reader.js';

/** The number of ids that the slow cell of the test can read in one snapshot. */
const MAX_IDS = 1_000;

describe('the search for lost rows', () => {
  it('reads fewer ids in a snapshot of a cell that is too slow for a large one', async () => {
    const spans: number[] = [];
    const rowSums = (_source: unknown, from: number, to: number): Promise<unknown[]> => {
      spans.push(to - from);
      if (to - from > MAX_IDS) throw new DatabaseUnavailable(new Error('no response in time'));
      return Promise.resolve([]);
    };
    const firstId = (_source: unknown, from: number): Promise<number> => Promise.resolve(from);
    let isWritten = false;
    const cell = {
      ...{ cell: { uuid: 'cell', name: 'cell', number: 1 }, epoch: 0, state: { high: { actions: 4_000 } } },
      reader: { snapshot: (work: (snapshot: unknown) => unknown) => work({ rowSums, firstId }) },
      store: {
        read: (_deadline: number, query: (store: unknown) => unknown) => query({ query: rowsOfStore }),
      },
      exclusive: (work: () => unknown) => work(),
      write: () => {
        isWritten = true;
      },
    } as unknown as CellContext;
    const reader = new PastReader(cell, new AbortController().signal, 100, 500);
    await new GapSearch(cell, reader).search({ stage: 'gaps', from: 0, to: 4_000, next: 4_001 });
    expect(isWritten).toBe(true);
    expect(spans[0]).toBe(4_000);
    const afterFailures = spans.filter((_span, index) => (spans[index - 1] ?? 0) > MAX_IDS);
    expect(afterFailures.length).toBeGreaterThan(0);
    expect(afterFailures.every((span) => span <= MAX_IDS)).toBe(true);
  });
});

function rowsOfStore(sql: string): Promise<unknown[]> {
  return Promise.resolve(sql.includes('record_head') ? [{ position: 0, recorded_at: '2026-01-01' }] : []);
}
