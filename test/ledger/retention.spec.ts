import { beforeAll, describe, expect, it } from '@jest/globals';
import { copyId } from '../../src/ledger/copy/copy-id.js';
import { entriesAfter, head } from '../../src/ledger/record/record.js';
import { rebuildCopy } from '../../src/ledger/rebuild/rebuild.js';
import { deleteOld } from '../../src/ledger/retention/retention.js';
import { indexAll } from '../support/action-log/index-all.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { actionEntry, serverEntry } from '../support/databases/ledger-entries.js';
import { storeKinds } from '../support/databases/stores.js';
import { WrittenRecord } from '../support/ledger/written-record.js';

/** A time after that of the test's rows, and before the youngest action. */
const HORIZON = '2026-03-02 00:00:00.000000';

describe.each(storeKinds)('the retention on %s', (_kind, create) => {
  let written: WrittenRecord;

  const keep = closeAfterAll();

  beforeAll(async () => {
    written = keep(await WrittenRecord.create(create));
  });

  const idsOf = async (table: string): Promise<number[]> =>
    (await written.source.query<{ id: number | string }[]>(`SELECT id FROM ${table}`)).map(({ id }) =>
      Number(id),
    );

  it('the retention deletes old actions with all their entries, in small steps, and a rebuild does not restore them', async () => {
    await written.append([serverEntry(1), ...Array.from({ length: 250 }, (_, n) => actionEntry(n + 1, 1))]);
    const young = { updated_at: '2026-03-02 10:00:00' };
    await written.append([
      { ...actionEntry(7, 1, { message: 'Error' }), previous: 8 },
      { ...actionEntry(9, 1, young), previous: 10 },
    ]);
    await indexAll(written.database);
    expect(await deleteOld(written.database, HORIZON, 0)).toBe(true);
    expect(await idsOf('search_actions')).toHaveLength(1);
    expect(await idsOf('search_hosts')).toHaveLength(1);
    const entries = await entriesAfter(written.source, 0, 1_000);
    const retention = entries.filter(({ kind }) => kind === 'retention');
    expect(retention.map(({ body }) => (body as { actions: number }).actions)).toEqual([100, 100, 49]);
    expect(
      entries.filter(({ kind }) => kind !== 'retention').map(({ kind, novaId }) => [kind, novaId]),
    ).toEqual([
      ['server', 1],
      ['action', 9],
      ['action', 9],
    ]);
    expect(await idsOf('copied_instance_actions')).toHaveLength(1);
    expect(await idsOf('copied_instance_actions_events')).toHaveLength(1);
    expect(await idsOf('copied_instances')).toHaveLength(1);
    expect(await rebuildCopy(written.database, { checkOnly: true })).toMatchObject({
      differentRows: 0,
      missing: [],
    });
    const { position } = await head(written.source);
    await rebuildCopy(written.database);
    await deleteOld(written.database, HORIZON, 0);
    expect((await head(written.source)).position).toBe(position);
    expect(await idsOf('copied_instance_actions')).toHaveLength(1);
  });

  it('the retention deletes the facts of a deleted server after its last action', async () => {
    const gone = serverEntry(2);
    if (gone.kind !== 'server') throw new Error('this is not an entry of a server');
    const server = { ...gone.body.server, deleted: 2, deleted_at: '2026-03-01 10:00:00' };
    await written.append([{ ...gone, body: { ...gone.body, server } }, actionEntry(300, 2)]);
    const before = await idsOf('copied_instances');
    await deleteOld(written.database, HORIZON, 0);
    expect(await idsOf('copied_instances')).toHaveLength(before.length - 1);
    expect(await rebuildCopy(written.database, { checkOnly: true })).toMatchObject({
      differentRows: 0,
      missing: [],
    });
  });

  it('the retention deletes old events whose actions the recorder did not copy', async () => {
    const stage = (id: number, created_at: string): Promise<unknown> =>
      written.source.query(
        'INSERT INTO copied_instance_actions_events (id, action_id, created_at, touched) VALUES (?, 99, ?, 0)',
        [copyId({ cell: 1, epoch: 0, id }), created_at],
      );
    await stage(801, '2026-03-01 10:00:00');
    await stage(802, '2026-03-02 10:00:00');
    const before = await idsOf('copied_instance_actions_events');
    await deleteOld(written.database, HORIZON, 0);
    const deleted = copyId({ cell: 1, epoch: 0, id: 801 });
    expect(await idsOf('copied_instance_actions_events')).toEqual(before.filter((id) => id !== deleted));
  });

  it('the retention deletes old entries about actions that the own store does not have, by their time in the record', async () => {
    await written.append([{ ...actionEntry(1, 1), cell: 0 }]);
    const { position } = await head(written.source);
    await deleteOld(written.database, '2000-01-01 00:00:00.000000', 0);
    expect((await head(written.source)).position).toBe(position);
    await deleteOld(written.database, '2200-01-01 00:00:00.000000', 0);
    const left = await entriesAfter(written.source, 0, 1_000);
    expect(left.filter(({ cell, kind }) => cell === 0 && kind === 'action')).toEqual([]);
    expect(await rebuildCopy(written.database, { checkOnly: true })).toMatchObject({ missing: [] });
  });

  it('the retention deletes old actions of the own store with their events, their entries and their search rows', async () => {
    const { source } = written;
    const actions = [
      { id: 51, updated_at: '2026-03-01 10:00:00' },
      { id: 52, updated_at: '2026-03-02 10:00:00' },
    ];
    for (const { id, updated_at } of actions) {
      await source.query(
        "INSERT INTO instance_actions (id, created_at, updated_at, deleted) VALUES (?, '2026-03-01 09:00:00', ?, 0)",
        [id, updated_at],
      );
      await source.query(
        "INSERT INTO instance_actions_events (action_id, created_at, deleted) VALUES (?, '2026-03-01 09:00:00', 0)",
        [id],
      );
    }
    await written.append(actions.map(({ id }) => ({ ...actionEntry(id, 1), cell: 0 })));
    await indexAll(written.database);
    await deleteOld(written.database, HORIZON, 0);
    expect(await idsOf('instance_actions')).toEqual([52]);
    const left = await source.query<{ action_id: unknown }[]>(
      'SELECT action_id FROM instance_actions_events',
    );
    expect(left.map(({ action_id }) => Number(action_id))).toEqual([52]);
    expect((await idsOf('search_actions')).filter((id) => id < 1_000)).toEqual([52]);
    const entries = await entriesAfter(source, 0, 1_000);
    expect(
      entries.filter(({ cell, kind }) => cell === 0 && kind === 'action').map(({ novaId }) => novaId),
    ).toEqual([52]);
    expect(await rebuildCopy(written.database, { checkOnly: true })).toMatchObject({
      differentRows: 0,
      missing: [],
    });
  });
});
