import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { Lease, onDatabase } from '../../src/database/own-store/lease.js';
import { OwnStore } from '../../src/database/own-store/own-store.js';
import { numberFor } from '../../src/ledger/cell-states.js';
import type { NewEntry } from '../../src/ledger/entry.js';
import { append } from '../../src/ledger/ledger.js';
import { project } from '../../src/ledger/projection.js';
import { rebuildCopy } from '../../src/ledger/rebuild.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { actionEntry, serverEntry } from '../support/databases/ledger-entries.js';
import { ownStore, TABLES } from '../support/databases/own-store.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';

const CELL = '5e7e5e7e-0000-4000-8000-00000000c311';

describe.each(storeKinds)('the rebuild of the copy on %s', (_kind, create) => {
  let own: OwnStore;
  let source: DataSource;

  const keep = closeAfterAll();

  beforeAll(async () => {
    const store: TestStore = keep(await create());
    own = keep(await OwnStore.open({ DATABASE_URL: store.url, MIGRATE_ON_START: true }, TABLES));
    source = keep(await ownStore(store.url).initialize());
    await own.database.write((manager) => numberFor(manager, { uuid: CELL, name: 'one', created_at: null }));
    const vanished = { ...{ epoch: 0, projectId: 'a-project', previous: null }, novaId: null, cell: 1 };
    await record([
      serverEntry(1),
      serverEntry(2),
      ...Array.from({ length: 30 }, (_, n) => actionEntry(n + 1, 1 + (n % 2))),
      actionEntry(3, 1, { message: 'Error' }),
      {
        kind: 'archived',
        ...vanished,
        serverUuid: serverEntry(1).serverUuid,
        body: { actions: [1, 3], server: 1 },
      },
    ]);
  });

  beforeEach(() => rebuildCopy(own.database));

  async function record(entries: readonly NewEntry[]): Promise<void> {
    await own.database.write(async (manager) => {
      await project(manager, await append(manager, entries));
    });
  }

  const rowsOf = async (): Promise<unknown[]> => [
    await source.query<unknown[]>('SELECT * FROM copied_instances ORDER BY id'),
    await source.query<unknown[]>('SELECT * FROM copied_instance_actions ORDER BY id'),
    await source.query<unknown[]>('SELECT * FROM copied_instance_actions_events ORDER BY id'),
  ];

  const check = () => rebuildCopy(own.database, { checkOnly: true });

  it('a check finds no difference in a copy that the recorder has written', async () => {
    expect(await check()).toEqual({ entries: 34, differentRows: 0, missing: [], examples: [] });
  });

  it.each([
    [
      'a changed text',
      "UPDATE copied_instance_actions SET message = 'x' WHERE id % 5 = 1",
      'differs in message',
    ],
    ['a changed place', 'UPDATE copied_instance_actions SET place = 1 WHERE place = 2', 'differs in place'],
    ['deleted actions', 'DELETE FROM copied_instance_actions WHERE id % 2 = 0', 'is missing'],
    ['deleted events', 'DELETE FROM copied_instance_actions_events', 'is missing'],
    ['deleted servers', 'DELETE FROM copied_instances', 'is missing'],
    [
      'an action without an entry',
      "INSERT INTO copied_instance_actions (id, deleted, place, fingerprint, position, touched) VALUES (77, 0, 1, 'x', 1, 1)",
      'does not follow from the record',
    ],
  ])('a check finds %s, and a rebuild restores the copy', async (_what, damage, text) => {
    const before = await rowsOf();
    await source.query(damage);
    expect(await rowsOf()).not.toEqual(before);
    const found = await check();
    expect(found.differentRows).toBeGreaterThan(0);
    expect(found.examples.every((example) => example.endsWith(text))).toBe(true);
    const rebuilt = await rebuildCopy(own.database);
    expect(rebuilt.differentRows).toBe(found.differentRows);
    expect(await rowsOf()).toEqual(before);
    expect(await check()).toMatchObject({ differentRows: 0 });
  });

  it('a check ignores events that the recorder has read before their action', async () => {
    await source.query(
      'INSERT INTO copied_instance_actions_events (id, action_id, touched) VALUES (5, 4, 0)',
    );
    expect(await check()).toMatchObject({ differentRows: 0 });
  });

  it('a rebuild fails while a recorder holds the lease of a cell', async () => {
    const lease = await new Lease(`record:${CELL}`, onDatabase(own.database)).acquire();
    await expect(rebuildCopy(own.database)).rejects.toThrow('stop all recorders first');
    await lease?.release();
  });

  it('a check reports positions whose entries are missing', async () => {
    await source.query('DELETE FROM entries WHERE position IN (33, 34)');
    expect((await check()).missing).toEqual([[33, 34]]);
  });
});
