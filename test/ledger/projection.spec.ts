import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { copyId } from '../../src/ledger/copy/copy-id.js';
import { fingerprintOf } from '../../src/ledger/record/entry-body.js';
import { type Entry, type NewEntry, Place } from '../../src/ledger/record/entry.js';
import { countByPlace, knownRows } from '../../src/ledger/copy/known-rows.js';
import { append } from '../../src/ledger/record/record.js';
import { project } from '../../src/ledger/copy/projection.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { storeKinds } from '../support/databases/stores.js';
import {
  actionEntry,
  CELL,
  novaAction,
  novaEvent,
  novaServer,
  SERVER,
  serverEntry,
  vanishedEntry,
} from '../support/ledger/entries.js';

const TABLES = ['copied_instances', 'copied_instance_actions', 'copied_instance_actions_events'] as const;

type Row = Readonly<Record<string, unknown>>;

describe.each(storeKinds)('the copy on %s', (_kind, create) => {
  let source: DataSource;
  const keep = closeAfterAll();

  beforeAll(async () => {
    const store = keep(await create());
    await migrateOwnStore(store.url);
    source = keep(await ownStore(store.url).initialize());
  });

  beforeEach(async () => {
    for (const table of [...TABLES, 'record_gaps', 'record_epochs', 'entries'])
      await source.query(`DELETE FROM ${table}`);
  });

  const record = (...entries: NewEntry[]): Promise<Entry[]> =>
    source.transaction(async (manager) => {
      const appended = await append(manager, entries);
      await project(manager, appended);
      return appended;
    });

  const projectAgain = (entries: readonly Entry[]): Promise<void> =>
    source.transaction((manager) => project(manager, entries));

  /** Returns the rows of a table by ascending id. Numbers are numbers, although MariaDB returns some as texts. */
  const rows = async (table: string): Promise<Row[]> => {
    const found = await source.query<Row[]>(`SELECT * FROM ${table} ORDER BY 1`);
    const isWhole = (value: unknown): boolean => typeof value === 'string' && /^\d+$/.test(value);
    return found.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([key, value]) => [key, isWhole(value) ? Number(value) : value]),
      ),
    );
  };

  const copy = async (): Promise<Row[][]> => {
    const all: Row[][] = [];
    for (const table of TABLES) all.push(await rows(table));
    return all;
  };

  const shown = async (): Promise<unknown[]> =>
    (await rows('copied_instances')).filter(({ uuid }) => uuid !== null).map(({ id }) => id);

  const shownActions = async (): Promise<unknown[]> =>
    (await rows('copied_instance_actions')).filter(({ deleted }) => deleted === 0).map(({ id }) => id);

  const idOf = (id: number, about = CELL): number => copyId({ ...about, id });

  it('an entry about an action writes the row of the action and the rows of its events', async () => {
    const action = novaAction(7, { message: 'Error', created_at: '2026-03-01 10:00:05' });
    const events = [novaEvent(14, 7, { traceback: 'é\u{1F600}\'"\\\n', result: 'Error' }), novaEvent(15, 7)];
    const [entry] = await record(actionEntry(action, events));
    const [row] = await rows('copied_instance_actions');
    expect(row).toMatchObject({
      ...{ id: idOf(7), instance_uuid: SERVER, request_id: 'req-7', message: 'Error', deleted: 0 },
      ...{ place: Place.main, position: entry?.position, touched: entry?.position },
    });
    expect(row?.created_at).toMatch(/^2026-03-01 10:00:05(\.000000)?$/);
    expect(await rows('copied_instance_actions_events')).toMatchObject([
      { id: idOf(14), action_id: idOf(7), traceback: 'é\u{1F600}\'"\\\n', result: 'Error' },
      { id: idOf(15), action_id: idOf(7), traceback: null },
    ]);
  });

  it('an entry about a server writes the row of the server', async () => {
    await record(serverEntry(novaServer(3, { display_name: 'db', deleted: 3, locked: 1 })));
    expect(await rows('copied_instances')).toMatchObject([
      { id: idOf(3), uuid: SERVER, server_uuid: SERVER, cell: 1, display_name: 'db', deleted: 3, locked: 1 },
    ]);
  });

  it('entries about rows that Nova archived, purged or removed change the place of the rows', async () => {
    await record(...[1, 2, 3, 4].map((id) => actionEntry(novaAction(id))), serverEntry(novaServer(1)));
    await record(vanishedEntry('archived', [1, 2], 1), vanishedEntry('removed', [3]));
    await record(vanishedEntry('purged', [1]));
    const places = (await rows('copied_instance_actions')).map(({ place }) => place);
    expect(places).toEqual([Place.purged, Place.shadow, Place.removed, Place.main]);
    expect(await rows('copied_instances')).toMatchObject([{ place: Place.shadow, deleted: idOf(1) }]);
  });

  it('a row keeps the position of the entry about it alone when an entry about several rows changes its place', async () => {
    const [first] = await record(actionEntry(novaAction(1)));
    const [archived] = await record(vanishedEntry('archived', [1]));
    expect(await knownRows(source, 'actions', [idOf(1), idOf(2)])).toEqual([
      {
        ...{ copyId: idOf(1), epoch: 0, place: Place.shadow },
        ...{ position: first?.position, touched: archived?.position },
        fingerprint: first?.kind === 'action' ? fingerprintOf(first.body) : '',
      },
    ]);
  });

  it('entries about a gap and an epoch write one row each', async () => {
    const gap = { from_id: 5, to_id: 9, void_ids: 5, from_time: null, to_time: '2026-03-01 10:00:00' };
    const about = { ...CELL, novaId: null, serverUuid: null, projectId: null, previous: null };
    const from = { actions: 5, events: 6, servers: 7 };
    await record(
      { kind: 'gap', ...about, body: { ...gap, grade: 'certain' } },
      { kind: 'epoch', ...about, body: { epoch: 1, from, reason: 'restored' } },
    );
    expect(await rows('record_gaps')).toMatchObject([{ cell: 1, from_id: 5, to_id: 9, grade: 'certain' }]);
    expect(await rows('record_epochs')).toMatchObject([
      { cell: 1, epoch: 1, from_actions: 5, from_events: 6 },
    ]);
  });

  it('entries of the other kinds, and entries of the store’s own actions, change no row', async () => {
    const about = { ...CELL, novaId: null, serverUuid: SERVER, projectId: null, previous: null };
    await record(
      { kind: 'cell', ...about, body: { state: 'began', name: null, uuid: 'cell' } },
      { kind: 'retention', ...about, body: { horizon: '2026-01-01 00:00:00', actions: 0, positions: [] } },
      { kind: 'unreadable', ...about, body: { table: 'instances', reason: 'too long', row: null } },
      actionEntry(novaAction(1), [], { cell: 0 }),
    );
    expect(await copy()).toEqual([[], [], []]);
  });

  it('the same entries lead to the same rows, in any order and any number of times', async () => {
    const finished = [novaEvent(2, 1, { result: 'Success' }), novaEvent(3, 1)];
    const entries = [
      ...(await record(actionEntry(novaAction(1)), serverEntry(novaServer(1)))),
      ...(await record(vanishedEntry('removed', [1], 1))),
      ...(await record(actionEntry(novaAction(1), finished), serverEntry(novaServer(1, { host: 'b' })))),
      ...(await record(vanishedEntry('archived', [1], 1))),
    ];
    const before = await copy();
    expect(before).toMatchObject([
      [{ host: 'b', place: Place.shadow }],
      [{ place: Place.shadow }],
      [{ result: 'Success' }, { result: null }],
    ]);
    await projectAgain(entries);
    expect(await copy()).toEqual(before);
    await projectAgain(entries.toReversed());
    for (const entry of entries.toReversed()) await projectAgain([entry]);
    expect(await copy()).toEqual(before);
    for (const table of TABLES) await source.query(`DELETE FROM ${table}`);
    await projectAgain(entries);
    expect(await copy()).toEqual(before);
  });

  it('an older entry restores damaged columns of a row, although a newer entry has changed the place', async () => {
    const entries = await record(actionEntry(novaAction(1)), vanishedEntry('archived', [1]));
    const before = await copy();
    await source.query("UPDATE copied_instance_actions SET message = 'damaged', place = 4");
    await projectAgain(entries);
    expect(await copy()).toEqual(before);
  });

  it('a server in two cells is shown once, with the actions of its cell and those that only the other cell has', async () => {
    const target = { cell: 2, epoch: 0 };
    const copied = { request_id: 'req-1' };
    await record(actionEntry(novaAction(1)), actionEntry(novaAction(2)), serverEntry(novaServer(1)));
    await record(
      serverEntry(novaServer(9, { hidden: 1 }), target),
      actionEntry(novaAction(8, copied), [], target),
    );
    expect(await shown()).toEqual([idOf(1)]);
    expect(await shownActions()).toEqual([idOf(1), idOf(2)]);
    await record(serverEntry(novaServer(9), target), vanishedEntry('removed', [], 1));
    expect(await shown()).toEqual([idOf(9, target)]);
    expect(await shownActions()).toEqual([idOf(2), idOf(8, target)]);
    await record(actionEntry(novaAction(1, { message: 'Error' })));
    expect(await shownActions()).toEqual([idOf(2), idOf(8, target)]);
    expect(await rows('copied_instances')).toHaveLength(2);
  });

  it('two equal actions of a server in one cell are both shown, as in Nova', async () => {
    const same = { request_id: 'req-1' };
    await record(serverEntry(novaServer(1)), serverEntry(novaServer(9), { cell: 2, epoch: 0 }));
    await record(actionEntry(novaAction(1, same)), actionEntry(novaAction(2, same)));
    expect(await shownActions()).toEqual([idOf(1), idOf(2)]);
  });

  it('an action with rows in two epochs is shown once', async () => {
    const later = { cell: 1, epoch: 1 };
    await record(serverEntry(novaServer(1)), actionEntry(novaAction(5)));
    await record(actionEntry(novaAction(6, { request_id: 'req-5' }), [], later));
    expect(await shownActions()).toEqual([idOf(6, later)]);
  });

  it('an event whose id Nova assigned again has its own row, even if its action is older than the epoch', async () => {
    const from = { actions: 10, events: 20, servers: 5 };
    const about = { ...CELL, novaId: null, serverUuid: null, projectId: null, previous: null };
    const entries = [
      ...(await record(actionEntry(novaAction(1), [novaEvent(20, 1, { host: 'lost' })]))),
      ...(await record({ kind: 'epoch', ...about, body: { epoch: 1, from, reason: 'restored' } })),
      ...(await record(actionEntry(novaAction(2), [novaEvent(20, 2, { host: 'assigned again' })]))),
    ];
    const events = await rows('copied_instance_actions_events');
    expect(events).toMatchObject([
      { id: idOf(20), action_id: idOf(1), host: 'lost' },
      { id: idOf(20, { cell: 1, epoch: 1 }), action_id: idOf(2), host: 'assigned again' },
    ]);
    await projectAgain(entries);
    expect(await rows('copied_instance_actions_events')).toEqual(events);
  });

  it('the number of copied rows in a range of ids can be read for all places, or for one place', async () => {
    await record(...[1, 2, 3].map((id) => actionEntry(novaAction(id))), vanishedEntry('archived', [2]));
    expect(await countByPlace(source, 'actions', idOf(1), idOf(3))).toEqual(
      new Map([
        [Place.main, 1],
        [Place.shadow, 1],
      ]),
    );
    expect(await countByPlace(source, 'actions', idOf(3), idOf(4))).toEqual(new Map([[Place.main, 1]]));
  });
});
