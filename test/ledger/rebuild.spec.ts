import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Lease, onDatabase } from '../../src/database/own-store/lease.js';
import { rebuildCopy } from '../../src/ledger/rebuild/rebuild.js';
import { indexAll } from '../support/action-log/index-all.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { actionEntry, serverEntry } from '../support/databases/ledger-entries.js';
import { storeKinds } from '../support/databases/stores.js';
import { RECORDED_CELL, WrittenRecord } from '../support/ledger/written-record.js';

describe.each(storeKinds)('the rebuild of the copy on %s', (_kind, create) => {
  let written: WrittenRecord;

  const keep = closeAfterAll();

  beforeAll(async () => {
    written = keep(await WrittenRecord.create(create));
    const vanished = { ...{ epoch: 0, projectId: 'a-project', previous: null }, novaId: null, cell: 1 };
    await written.append([
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
    await indexAll(written.database);
  });

  beforeEach(() => rebuildCopy(written.database));

  const rowsOf = async (): Promise<unknown[]> => [
    await written.source.query<unknown[]>('SELECT * FROM copied_instances ORDER BY id'),
    await written.source.query<unknown[]>('SELECT * FROM copied_instance_actions ORDER BY id'),
    await written.source.query<unknown[]>('SELECT * FROM copied_instance_actions_events ORDER BY id'),
    await written.source.query<unknown[]>('SELECT * FROM search_actions ORDER BY id'),
    await written.source.query<unknown[]>('SELECT * FROM search_hosts ORDER BY id'),
  ];

  const check = () => rebuildCopy(written.database, { checkOnly: true });

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
    [
      'changed search rows',
      'UPDATE search_actions SET state = 5 WHERE id % 5 = 1',
      'differs from the action',
    ],
    ['deleted hosts', 'DELETE FROM search_hosts WHERE id % 5 = 1', 'differs from the action'],
    ['deleted search rows', 'DELETE FROM search_actions WHERE id % 5 = 1', 'is missing'],
    [
      'a search row without an action',
      `INSERT INTO search_actions (second, id, project, server, request, user, action, state, position)
       VALUES (0, 5, 0, 0, 0, 0, 0, 1, 0)`,
      'must not exist',
    ],
  ])('a check finds %s, and a rebuild restores the copy', async (_what, damage, text) => {
    const before = await rowsOf();
    await written.source.query(damage);
    expect(await rowsOf()).not.toEqual(before);
    const found = await check();
    expect(found.differentRows).toBeGreaterThan(0);
    expect(found.examples.every((example) => example.endsWith(text))).toBe(true);
    const rebuilt = await rebuildCopy(written.database);
    expect(rebuilt.differentRows).toBe(found.differentRows);
    expect(await rowsOf()).toEqual(before);
    expect(await check()).toMatchObject({ differentRows: 0 });
  });

  it('a check ignores events that the recorder has read before their action', async () => {
    await written.source.query(
      'INSERT INTO copied_instance_actions_events (id, action_id, touched) VALUES (5, 4, 0)',
    );
    expect(await check()).toMatchObject({ differentRows: 0 });
  });

  it('a rebuild fails while a recorder holds the lease of a cell', async () => {
    const lease = await new Lease(`record:${RECORDED_CELL}`, onDatabase(written.database)).acquire();
    await expect(rebuildCopy(written.database)).rejects.toThrow('stop all recorders first');
    await lease?.release();
  });

  it('a check reports positions whose entries are missing', async () => {
    await written.source.query('DELETE FROM entries WHERE position IN (33, 34)');
    expect((await check()).missing).toEqual([[33, 34]]);
  });
});
