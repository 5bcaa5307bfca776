import { describe, expect, it } from '@jest/globals';
import type { CellSnapshot } from '../source/cell-reader.js';
import { ChangedServers } from './changed-servers.js';

interface Server {
  id: number;
  updated_at: string;
}

/** Returns a cell with servers, and the start of each reading. */
function cellWith(servers: Server[]): { cell: CellSnapshot; starts: string[] } {
  const starts: string[] = [];
  const changedServers: CellSnapshot['changedServers'] = (since, limit) => {
    starts.push(since);
    const found = servers.filter(({ updated_at }) => updated_at >= since);
    found.sort((one, other) => one.updated_at.localeCompare(other.updated_at));
    return Promise.resolve(found.slice(0, limit));
  };
  return { cell: { changedServers } as CellSnapshot, starts };
}

const START = '2026-11-27 04:00:00';

describe('the servers that Nova has changed', () => {
  it('are returned once, even if two readings overlap', async () => {
    const servers = [{ id: 1, updated_at: '2026-11-27 04:01:00' }];
    const { cell } = cellWith(servers);
    const changed = new ChangedServers(START, 10_000, 300_000);
    const read = async (now: number): Promise<number[]> => {
      const found = await changed.read(cell);
      changed.confirm(found, now);
      return found.map(({ id }) => id);
    };
    expect(await read(0)).toEqual([1]);
    expect(await read(1)).toEqual([]);
    servers.push({ id: 2, updated_at: '2026-11-27 03:58:00' }, { id: 3, updated_at: '2026-11-27 04:01:00' });
    expect(await read(2)).toEqual([2, 3]);
    servers[0] = { id: 1, updated_at: '2026-11-27 04:02:00' };
    expect(await read(3)).toEqual([1]);
    expect(await read(4)).toEqual([]);
  });

  it('are returned again if the round could not record them', async () => {
    const { cell } = cellWith([{ id: 1, updated_at: '2026-11-27 04:01:00' }]);
    const changed = new ChangedServers(START, 10_000, 300_000);
    expect(await changed.read(cell)).toHaveLength(1);
    expect(await changed.read(cell)).toHaveLength(1);
  });

  it('are read in pages, even if more servers than fit into a page have the same second', async () => {
    const servers = Array.from({ length: 5_500 }, (_, id) => ({ id, updated_at: '2026-11-27 04:01:00' }));
    servers.push({ id: 9_999, updated_at: '2026-11-27 04:01:01' });
    const { cell, starts } = cellWith(servers);
    const found = await new ChangedServers(START, 10_000, 300_000).read(cell);
    expect(found.map(({ id }) => id)).toContain(9_999);
    expect(starts).toHaveLength(3);
  });

  it('are due again after the interval', () => {
    const changed = new ChangedServers(START, 10_000, 300_000);
    expect(changed.isDue(0)).toBe(true);
    changed.confirm([], 0);
    expect(changed.isDue(9_999)).toBe(false);
    expect(changed.isDue(10_000)).toBe(true);
  });
});
