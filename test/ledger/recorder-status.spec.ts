import { beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { currentTime } from '../../src/database/rows/time.js';
import { recorderStatus } from '../../src/ledger/cells/recorder-status.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';

const DAY = 86_400_000;
const LATER = new Date(Date.now() + DAY).toISOString().slice(0, 19).replace('T', ' ');

describe.each(storeKinds)('the state of the recorder on %s', (_kind, create) => {
  let source: DataSource;

  const keep = closeAfterAll();

  beforeAll(async () => {
    const store: TestStore = keep(await create());
    await migrateOwnStore(store.url);
    source = keep(await ownStore(store.url).initialize());
  });

  async function insert(table: string, row: Readonly<Record<string, string | number | null>>): Promise<void> {
    const names = Object.keys(row);
    const statement = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join()})`;
    await source.query(statement, Object.values(row));
  }

  const insertCell = (number: number, uuid: string, readAt: string | null): Promise<void> =>
    insert('record_cells', {
      ...{ number, uuid, name: `cell${number}`, state: 'open', epoch: 1, holder: 'host 42', read_at: readAt },
      ...{ epoch_from_actions: 1, epoch_from_events: 2, epoch_from_servers: 3 },
      ...{ high_actions: 11, high_events: 12, high_servers: 13 },
      ...{ settled_actions: 0, settled_events: 0, settled_servers: 0, past_total: 100, past_done: 40 },
    });

  it('an empty record has the position 0, no time and no cells', async () => {
    expect(await recorderStatus(source)).toEqual({
      record_id: expect.stringMatching(/^[\da-f]{32}$/) as unknown,
      position: 0,
      recorded_at: null,
      clock_ahead_seconds: 0,
      cells: [],
    });
  });

  it('the state contains the figures and epochs of each cell, its newest 100 gaps, and the number of all its gaps', async () => {
    await insertCell(1, 'uuid-1', currentTime());
    await insertCell(2, 'uuid-2', null);
    await insert('record_open', { cell: 1, epoch: 0, id: 7, changed_at: currentTime() });
    const epoch = { cell: 1, epoch: 1, from_actions: 5, from_events: 6, from_servers: 4 };
    await insert('record_epochs', { ...epoch, position: 9, opened_at: '2026-01-01 00:00:00.000000' });
    for (let position = 1; position <= 102; position += 1) {
      const times = { from_time: '2026-01-01 00:00:00.000000', to_time: null };
      const ids = { from_id: position, to_id: position + 1, void_ids: 2 };
      await insert('record_gaps', {
        position,
        cell: position === 50 ? 2 : 1,
        ...ids,
        ...times,
        grade: 'certain',
      });
    }
    const { cells } = await recorderStatus(source);
    const [one, two] = cells;
    expect(one).toMatchObject({
      ...{ name: 'cell1', uuid: 'uuid-1', state: 'open', holder: 'host 42', epoch: 1, reconciled_at: null },
      ...{ high: { actions: 11, events: 12, servers: 13 }, past: { total: 100, done: 40 }, open_actions: 1 },
      epochs: [
        {
          from: { actions: 5, events: 6, servers: 4 },
          opened_at: expect.stringMatching(/^2026-01-01 00:00:00/) as unknown,
          position: 9,
        },
      ],
      gaps_total: 101,
    });
    expect(one?.lag_seconds).toBeGreaterThanOrEqual(0);
    expect(one?.lag_seconds).toBeLessThan(600);
    const positions = one?.gaps.map(({ position }) => position) ?? [];
    expect([positions.length, positions[0], positions.at(-1)]).toEqual([100, 102, 2]);
    expect(two).toMatchObject({
      lag_seconds: null,
      read_at: null,
      epochs: [],
      open_actions: 0,
      gaps_total: 1,
    });
    expect(two?.gaps).toEqual([
      {
        ...{ position: 50, from_id: 50, to_id: 51, void_ids: 2, to_time: null, grade: 'certain' },
        from_time: expect.stringMatching(/^2026-01-01 00:00:00/) as unknown,
      },
    ]);
  });

  it('the state says by how many seconds the newest entry is ahead of the clock of the store', async () => {
    await source.query("UPDATE record_head SET position = 3, recorded_at = ? WHERE name = 'entries'", [
      LATER,
    ]);
    const { position, recorded_at, clock_ahead_seconds } = await recorderStatus(source);
    expect([position, recorded_at?.slice(0, 19)]).toEqual([3, LATER]);
    expect(clock_ahead_seconds).toBeGreaterThan(DAY / 1_000 - 600);
    expect(clock_ahead_seconds).toBeLessThanOrEqual(DAY / 1_000);
  });
});
