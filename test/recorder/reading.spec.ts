import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { type Connection, createConnection } from 'mysql2/promise';
import { actionState, State } from '../../src/ledger/actions/action-status.js';
import type { ActionParts } from '../../src/ledger/actions/full-action.js';
import type { CellSnapshot } from '../../src/recorder/source/cell-reader.js';
import { DatabaseCellReader } from '../../src/recorder/source/database-cell-reader.js';
import type { FixtureRow } from '../conformance/cases.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { mariaDb } from '../support/databases/mariadb.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { openCell } from '../support/recorder/read-cell.js';

const TABLES = ['instances', 'instance_actions', 'instance_actions_events'] as const;
type Table = (typeof TABLES)[number];

const life = JSON.parse(readFileSync(new URL('life-rows.json', import.meta.url), 'utf8')) as {
  rows: Record<Table, FixtureRow[]>;
  archived: Record<Table, number[]>;
};

const RESIZED = 'e0e0e0e0-0000-4000-8000-000000000001';
const UNREADABLE = 'e0e0e0e0-0000-4000-8000-000000000002';
const FLAVOR = {
  ...{ name: 'm1.small', flavorid: '1f', vcpus: 2, memory_mb: 4096, root_gb: 20, ephemeral_gb: 0, swap: 0 },
  ...{ id: 7, extra_specs: { 'hw:cpu_policy': 'dedicated' }, disabled: false },
};
const MAIN = { isShadow: false } as const;
const SHADOW = { isShadow: true } as const;

const keep = closeAfterAll();
let databases: NovaDatabases;
let reader: DatabaseCellReader;
let root: Connection;

/** Nova's JSON of an object. */
function object(data: object): object {
  return { 'nova_object.name': 'Flavor', 'nova_object.version': '1.2', 'nova_object.data': data };
}

/** Returns the rows of a table that the archive left (`main`) or moved (`shadow`), by ascending id. */
function rowsAfterArchive(table: Table, place: 'main' | 'shadow'): FixtureRow[] {
  const archived = new Set<unknown>(life.archived[table]);
  return life.rows[table].filter(({ id }) => archived.has(id) === (place === 'shadow')).map(inCell1);
}

function inCell1(row: FixtureRow): FixtureRow {
  return { ...row, cell: 'cell1' };
}

beforeAll(async () => {
  databases = keep(await createNovaDatabases(keep(await mariaDb()), { connectAs: 'recorder' }));
  await databases.fill({
    instances: [
      ...rowsAfterArchive('instances', 'main'),
      { cell: 'cell1', id: 100, uuid: RESIZED, deleted: 0 },
      { cell: 'cell1', id: 101, uuid: UNREADABLE, deleted: 0 },
    ],
    instance_extra: [
      {
        ...{ cell: 'cell1', id: 1, instance_uuid: RESIZED, deleted: 0 },
        flavor: JSON.stringify({
          cur: object(FLAVOR),
          old: object({ ...FLAVOR, name: 'm1.tiny' }),
          new: null,
        }),
      },
      { cell: 'cell1', id: 2, instance_uuid: UNREADABLE, deleted: 0, flavor: '{"cur": {"nova_object.na' },
    ],
    instance_actions: rowsAfterArchive('instance_actions', 'main'),
    instance_actions_events: rowsAfterArchive('instance_actions_events', 'main'),
    shadow_instances: rowsAfterArchive('instances', 'shadow'),
    shadow_instance_actions: rowsAfterArchive('instance_actions', 'shadow'),
    shadow_instance_actions_events: rowsAfterArchive('instance_actions_events', 'shadow'),
  });
  reader = new DatabaseCellReader(keep(await openCell(databases, 'cell1')).database, 10_000);
  root = keep(await createConnection(databases.adminUrl('cell1')));
});

function read<Result>(work: (cell: CellSnapshot) => Promise<Result>): Promise<Result> {
  return reader.snapshot(work);
}

/** Checks that the read rows have the columns of the written rows, except columns that the recorder does not read. */
function expectRows(found: readonly object[], written: readonly FixtureRow[]): void {
  const expected = written.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([column]) => column !== 'cell' && column !== 'cleaned')),
  );
  expect(found).toHaveLength(expected.length);
  for (const [index, row] of expected.entries()) expect(found[index]).toMatchObject(row);
}

/** Adds the CRCs of rows in JavaScript. */
function summed(rows: readonly { readonly crc: number }[]): number {
  return rows.reduce((sum, { crc }) => sum + crc, 0);
}

describe('the reader of a cell', () => {
  it('the reader of a cell returns all rows of a real Nova unchanged, from the main and the shadow tables', async () => {
    for (const place of ['main', 'shadow'] as const) {
      const from = place === 'main' ? MAIN : SHADOW;
      const found = await read(async (cell) => ({
        instances: await cell.page({ table: 'servers', ...from }, 0, 99, 1_000),
        instance_actions: await cell.page({ table: 'actions', ...from }, 0, 1_000, 1_000),
        instance_actions_events: await cell.page({ table: 'events', ...from }, 0, 1_000, 1_000),
      }));
      for (const table of TABLES) {
        expectRows(found[table], rowsAfterArchive(table, place).reverse());
        expect(found[table].length).toBeGreaterThan(0);
      }
    }
  });

  it('the reader of a cell finds rows by their ids, and the events by their actions', async () => {
    const actions = rowsAfterArchive('instance_actions', 'main');
    const archived = rowsAfterArchive('instance_actions', 'shadow');
    const servers = rowsAfterArchive('instances', 'main');
    const ids = actions.map(({ id }) => Number(id));
    const found = await read(async (cell) => ({
      actions: await cell.actions([...ids, 999]),
      archived: await cell.actions([Number(archived[0]?.id)], true),
      events: await cell.eventsOf(ids),
      servers: await cell.servers(servers.map(({ uuid }) => String(uuid))),
      byId: await cell.serversById(servers.map(({ id }) => Number(id))),
      high: await cell.maxIds(),
      shadowHigh: await cell.maxIds(true),
    }));
    expectRows(found.actions, actions);
    expectRows(found.archived, archived.slice(0, 1));
    expectRows(found.events, rowsAfterArchive('instance_actions_events', 'main'));
    expectRows(found.servers, servers);
    expect(found.byId).toEqual(found.servers);
    const highest = (table: Table, place: 'main' | 'shadow'): number =>
      Math.max(...rowsAfterArchive(table, place).map(({ id }) => Number(id)));
    const [action, event] = ['instance_actions', 'instance_actions_events'] as const;
    expect(found.high).toEqual({
      ...{ actions: highest(action, 'main'), events: highest(event, 'main'), servers: 101 },
    });
    expect(found.shadowHigh).toEqual({
      ...{ actions: highest(action, 'shadow'), events: highest(event, 'shadow') },
      servers: highest('instances', 'shadow'),
    });
  });

  it('the sum of a block is the sum of the CRCs of its rows', async () => {
    for (const from of [MAIN, SHADOW]) {
      for (const table of ['actions', 'events', 'servers'] as const) {
        const { rows, blocks } = await read(async (cell) => ({
          rows: await cell.rowSums({ table, ...from }, 0, 1_000),
          blocks: await cell.blockSums({ table, ...from }, 16, 0, 1_000),
        }));
        const expected = [...new Set(rows.map(({ id }) => Math.floor(id / 16)))].map((block) => {
          const inBlock = rows.filter(({ id }) => Math.floor(id / 16) === block);
          return { block, count: inBlock.length, sum: summed(inBlock) };
        });
        expect(blocks).toEqual(expected);
        expect(blocks.length).toBeGreaterThan(0);
      }
    }
  });

  it('a row has the same CRC in all statements', async () => {
    const sums = await read(async (cell) => {
      const [action] = await cell.actionsFrom(0, 1);
      const [event] = await cell.eventKeysFrom(0, 1);
      const [server] = await cell.serverKeysFrom(0, 1);
      const [actionId, eventId, serverId] = [action?.id ?? 0, event?.id ?? 0, server?.id ?? 0];
      const eventRows = await cell.eventsOf([event?.action_id ?? 0]);
      return {
        actions: [action, ...(await cell.actions([actionId]))].map((row) => row?.crc),
        events: [event, eventRows.find(({ id }) => id === eventId)].map((row) => row?.crc),
        servers: [
          ...[server, ...(await cell.serversById([serverId])), ...(await cell.servers([server?.uuid ?? '']))],
          ...(await cell.rowSums({ table: 'servers', ...MAIN }, serverId, serverId + 1)),
        ].map((row) => row?.crc),
      };
    });
    for (const [table, crcs] of Object.entries(sums)) {
      expect([table, new Set(crcs).size]).toEqual([table, 1]);
      expect(crcs[0]).toEqual(expect.any(Number));
    }
  });

  it('the flavor of a server is the current one of instance_extra, and null if its JSON cannot be read', async () => {
    const { name, flavorid: id, vcpus, memory_mb, root_gb, ephemeral_gb, swap } = FLAVOR;
    const [resized, unreadable] = await read((cell) => cell.servers([RESIZED, UNREADABLE]));
    expect(JSON.parse(resized?.flavor ?? '')).toEqual({
      name,
      id,
      vcpus,
      memory_mb,
      root_gb,
      ephemeral_gb,
      swap,
    });
    expect(unreadable).toMatchObject({ uuid: UNREADABLE, flavor: null });
  });

  it('the servers that changed since a time are found by ascending time', async () => {
    const times = rowsAfterArchive('instances', 'main')
      .map(({ id, updated_at }) => ({ id, updated_at }))
      .sort((one, other) => String(one.updated_at).localeCompare(String(other.updated_at)));
    const since = String(times[1]?.updated_at);
    expect(await read((cell) => cell.changedServers('2000-01-01 00:00:00', 10))).toEqual(times);
    expect(await read((cell) => cell.changedServers(since, 10))).toEqual(times.slice(1));
    expect(await read((cell) => cell.changedServers('2000-01-01 00:00:00', 1))).toEqual(times.slice(0, 1));
  });
});

describe.each(['latin1', 'utf8mb3', 'utf8mb4'])(
  'unusual rows in tables with the character set %s',
  (charset) => {
    const ACTION = 3_000_000_000;

    beforeAll(async () => {
      await root.query("SET SESSION sql_mode = 'ALLOW_INVALID_DATES', foreign_key_checks = 0");
      await root.query('DELETE FROM instance_actions_events WHERE id > 2000000000');
      await root.query('DELETE FROM instance_actions WHERE id > 2000000000');
      const keys = 'DROP FOREIGN KEY IF EXISTS instance_actions_events_ibfk_1';
      await root.query(`ALTER TABLE instance_actions_events ${keys}, MODIFY action_id bigint`);
      await root.query(
        'ALTER TABLE instance_actions DROP FOREIGN KEY IF EXISTS fk_instance_actions_instance_uuid',
      );
      for (const table of ['instance_actions', 'instance_actions_events']) {
        await root.query(
          `ALTER TABLE ${table} CONVERT TO CHARACTER SET ${charset}, MODIFY id bigint NOT NULL`,
        );
      }
      await root.query(
        `INSERT INTO instance_actions (id, instance_uuid, action, message, created_at, start_time, updated_at, deleted)
       VALUES (?, ?, ?, ?, '0000-00-00 00:00:00', '2024-02-31 10:00:00', NULL, 7)`,
        [ACTION, RESIZED, 'caf\u00e9', 'a\\|~'],
      );
      await root.query(
        `INSERT INTO instance_actions_events (id, action_id, event, result, host, start_time, deleted)
       VALUES (?, ?, ?, NULL, '', '0000-00-00 00:00:00', 0)`,
        [ACTION + 1, ACTION, '\u00fcber'],
      );
    });

    it(`unusual rows in tables with the character set ${charset} are returned unchanged`, async () => {
      const { actions, events, blocks, sums } = await read(async (cell) => ({
        actions: await cell.actionsFrom(ACTION, 10),
        events: await cell.eventsOf([ACTION]),
        blocks: await cell.blockSums({ table: 'actions', ...MAIN }, 256, ACTION, ACTION + 1),
        sums: await cell.rowSums({ table: 'events', ...MAIN }, ACTION, ACTION + 10),
      }));
      expect(actions).toMatchObject([
        {
          ...{ id: ACTION, action: 'caf\u00e9', message: 'a\\|~', deleted: 7, updated_at: null },
          ...{ created_at: '0000-00-00 00:00:00', start_time: '2024-02-31 10:00:00' },
        },
      ]);
      expect(events).toMatchObject([
        {
          ...{ id: ACTION + 1, action_id: ACTION, event: '\u00fcber', result: null, host: '' },
          start_time: '0000-00-00 00:00:00',
        },
      ]);
      expect(blocks).toEqual([{ block: Math.floor(ACTION / 256), count: 1, sum: summed(actions) }]);
      expect(sums).toEqual([{ id: ACTION + 1, action_id: ACTION, crc: events[0]?.crc }]);
    });
  },
);

it('the status of each action of a real Nova is its true result', () => {
  const { instances, instance_actions: actions, instance_actions_events: events } = life.rows;
  const states = actions.map((action) => {
    const parts: Record<keyof Pick<ActionParts, 'cell' | 'action' | 'events' | 'server'>, unknown> = {
      cell: 1,
      action,
      events: events.filter((event) => event['action_id'] === action['id']),
      server: instances.find((server) => server['uuid'] === action['instance_uuid']),
    };
    return [action['id'], State[actionState(parts as ActionParts)]];
  });
  // Nova tried three hosts for the server of the action 36. None could build it, but the only finished event says
  // Success. All other actions succeeded.
  expect(states).toEqual(actions.map(({ id }) => [id, id === 36 ? 'error' : 'success']));
  expect(states.length).toBeGreaterThan(30);
});
