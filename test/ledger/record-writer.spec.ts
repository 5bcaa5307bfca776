import { beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { DataSource, EntityManager } from 'typeorm';
import type { Database } from '../../src/database/connection/database.js';
import { type HeldLease, Lease, LeaseLost } from '../../src/database/own-store/lease.js';
import { OwnStore } from '../../src/database/own-store/own-store.js';
import { numberFor, readStates } from '../../src/ledger/cells/cell-states.js';
import type { Entry } from '../../src/ledger/record/entry.js';
import { historyPage } from '../../src/ledger/record/history.js';
import { entriesAfter, head } from '../../src/ledger/record/record.js';
import { StoreRecordWriter } from '../../src/ledger/writer/record-writer.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { ownStore, TABLES } from '../support/databases/own-store.js';
import { storeKinds } from '../support/databases/stores.js';
import { actionEntry, novaAction, novaEvent, novaServer, serverEntry } from '../support/ledger/entries.js';

/** Returns options with a deadline that even a busy machine meets. */
const patient = (): { deadline: number } => ({ deadline: performance.now() + 60_000 });

const LISTED = { uuid: 'c1', name: 'cell1', created_at: '2026-01-01 00:00:00' };

describe.each(storeKinds)('the writer of the record on %s', (kind, create) => {
  let source: DataSource;
  let database: Database;
  let lease: HeldLease;
  let writer: StoreRecordWriter;
  const keep = closeAfterAll();

  let statements = 0;
  let transactions = 0;
  /** The database with a generous deadline. It counts transactions, and their statements without START and COMMIT. */
  const counted = {
    write: (work: (manager: EntityManager) => Promise<unknown>) =>
      database.write(async (manager) => {
        const { queryRunner } = manager;
        if (queryRunner === undefined) throw new Error('the manager is not that of a transaction');
        const query = jest.spyOn(queryRunner, 'query');
        transactions += 1;
        try {
          return await work(manager);
        } finally {
          statements += query.mock.calls.length;
          query.mockRestore();
        }
      }, patient()),
  } as unknown as Database;

  const acquire = async (): Promise<HeldLease> => {
    const held = await new Lease('record:c1', (work) => database.write(work, patient())).acquire();
    if (held === undefined) throw new Error('another process has the lease');
    return held;
  };

  beforeAll(async () => {
    const store = keep(await create());
    const own = keep(await OwnStore.open({ DATABASE_URL: store.url, MIGRATE_ON_START: true }, TABLES));
    database = own.database;
    source = keep(await ownStore(store.url).initialize());
  });

  beforeEach(async () => {
    await source.query('DELETE FROM nova_action_log_leases');
    for (const table of [
      'copied_instance_actions',
      'copied_instance_actions_events',
      'copied_instances',
      'entries',
    ])
      await source.query(`DELETE FROM ${table}`);
    await source.query('UPDATE record_head SET position = 0');
    const cell = await database.write((manager) => numberFor(manager, LISTED), patient());
    lease = keep(await acquire());
    writer = new StoreRecordWriter(counted, lease, cell);
    [statements, transactions] = [0, 0];
  });

  const entries = (): Promise<Entry[]> => entriesAfter(source, 0, 10_000);

  const actions = (count: number, first = 1) =>
    Array.from({ length: count }, (_, index) => actionEntry(novaAction(first + index)));

  const count = async (table: string): Promise<number> => {
    const [row] = await source.query<{ n: number | string }[]>(`SELECT COUNT(*) AS n FROM ${table}`);
    return Number(row?.n);
  };

  it('writes 1,000 actions with their events in one transaction with at most 20 statements', async () => {
    await writer.write({ entries: actions(1_000), state: { past: { total: 1_000, done: 1_000 } } });
    expect(transactions).toBe(1);
    expect(statements).toBeLessThanOrEqual(20);
    expect((await entries()).map(({ position }) => position)).toEqual(
      Array.from({ length: 1_000 }, (_, index) => index + 1),
    );
    expect(await count('copied_instance_actions_events')).toBe(2_000);
  });

  it('writes one changed action and the state of the cell with at most 8 statements', async () => {
    await writer.write({ entries: [] });
    statements = 0;
    await writer.write({ entries: actions(1), state: { readAt: '2026-03-01 10:00:00' } });
    expect(statements).toBeLessThanOrEqual(8);
  });

  it('writes long entries in several transactions', async () => {
    const traceback = 'x'.repeat(60_000);
    const long = Array.from({ length: 40 }, (_, index) =>
      actionEntry(novaAction(index + 1), [novaEvent(index + 1, index + 1, { traceback })]),
    );
    await writer.write({ entries: long });
    expect(transactions).toBe(2);
    expect(await count('copied_instance_actions')).toBe(40);
  });

  it('writes the state and the further statements in the last transaction', async () => {
    const before = (await readStates(source)).find(({ uuid }) => uuid === 'c1');
    const seen: number[] = [];
    await writer.write({
      entries: actions(1_001),
      state: { high: { actions: 1_001, events: 2_003, servers: 0 }, holder: 'host/1' },
      also: async (manager) => {
        seen.push((await head(manager)).position);
        await manager.query("UPDATE record_cells SET name = 'renamed'");
      },
    });
    expect(seen).toEqual([1_001]);
    expect(await readStates(source)).toEqual([
      { ...before, high: { actions: 1_001, events: 2_003, servers: 0 }, holder: 'host/1', name: 'renamed' },
    ]);
  });

  it('writes nothing if another process holds the lease', async () => {
    await source.query("UPDATE nova_action_log_leases SET held_until = '2001-01-01'");
    keep(await acquire());
    await expect(writer.write({ entries: actions(3), state: { holder: 'former' } })).rejects.toBeInstanceOf(
      LeaseLost,
    );
    expect(await entries()).toEqual([]);
    expect((await readStates(source))[0]?.holder).not.toBe('former');
    expect((await head(source)).position).toBe(0);
  });

  it('leaves no hole in the positions if a transaction fails', async () => {
    await writer.write({ entries: actions(2) });
    const also = (): Promise<void> => Promise.reject(new Error('no'));
    await expect(writer.write({ entries: actions(2), also })).rejects.toThrow('no');
    await writer.write({ entries: actions(2, 10) });
    expect((await entries()).map(({ position }) => position)).toEqual([1, 2, 3, 4]);
  });

  it('writes entries whose times never go backwards, even if the last time is in the future', async () => {
    await source.query("UPDATE record_head SET recorded_at = '2999-01-01 00:00:00.000001'");
    await writer.write({ entries: actions(2) });
    expect((await entries()).map(({ recordedAt }) => recordedAt)).toEqual(
      Array<string>(2).fill('2999-01-01 00:00:00.000001'),
    );
    await source.query("UPDATE record_head SET recorded_at = '2000-01-01 00:00:00.000000'");
  });

  it('finds all earlier entries about an action', async () => {
    const change = (previous: number | null) => actionEntry(novaAction(1), [], { previous });
    await writer.write({ entries: [change(null), serverEntry(novaServer(1)), change(1), change(3)] });
    expect((await historyPage(source, 4, 10)).map(({ position }) => position)).toEqual([4, 3, 1]);
  });

  it.each([
    ['whose id is too large', novaAction(2 ** 37)],
    ['with a number that is not an integer', novaAction(5, { deleted: 0.5 })],
    ['that is too large for a statement', novaAction(5, { message: 'x'.repeat(8_000_000) })],
  ])('records an action %s as unreadable, and all other actions as usual', async (_reason, action) => {
    await writer.write({
      entries: [actionEntry(novaAction(1)), actionEntry(action), actionEntry(novaAction(9))],
    });
    expect(await entries()).toMatchObject([
      { kind: 'action', novaId: 1 },
      { kind: 'unreadable', novaId: action.id, body: { table: 'instance_actions' } },
      { kind: 'action', novaId: 9 },
    ]);
    expect(await count('copied_instance_actions')).toBe(2);
  });

  if (kind === 'MariaDB') {
    it('records an action as unreadable if the store rejects one of its values, and all other actions as usual', async () => {
      const all = actions(100);
      const rejected = [30, 77];
      for (const id of rejected) all[id - 1] = actionEntry(novaAction(id, { message: 'x'.repeat(300) }));
      all[49] = actionEntry(
        novaAction(50, { created_at: '2026-02-31 00:00:00', start_time: '0000-00-00 00:00:00' }),
      );
      await writer.write({ entries: all, state: { reconciledAt: '2026-03-02 00:00:00' } });
      const written = await entries();
      expect(written.map(({ novaId }) => novaId)).toEqual(all.map(({ novaId }) => novaId));
      expect(written.filter(({ kind: one }) => one === 'unreadable').map(({ novaId }) => novaId)).toEqual(
        rejected,
      );
      expect(written[29]?.body).toMatchObject({
        table: 'instance_actions',
        reason: expect.stringContaining('Data too long'),
        row: { id: 30, message: 'x'.repeat(300), events: [{ id: 60 }, { id: 61 }] },
      });
      expect((await readStates(source))[0]?.reconciledAt).toBe('2026-03-02 00:00:00.000000');
    });
  }

  it('assigns a different number to each cell, and returns the same number for the same cell', async () => {
    const number = (uuid: string) =>
      database.write((manager) => numberFor(manager, { ...LISTED, uuid }), patient());
    const numbers = await Promise.all(['c2', 'c3', 'c2', 'c4'].map(number));
    expect(numbers[0]).toBe(numbers[2]);
    expect(new Set(numbers).size).toBe(3);
    expect((await readStates(source)).map((state) => state.number)).toEqual([1, 2, 3, 4]);
    await source.query("DELETE FROM record_cells WHERE uuid <> 'c1'");
  });
});
