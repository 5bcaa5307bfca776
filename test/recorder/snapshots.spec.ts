import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Connection, createConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CellSnapshot } from '../../src/recorder/source/cell-reader.js';
import { DatabaseCellReader } from '../../src/recorder/source/database-cell-reader.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { explainStatements } from '../support/databases/explain.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { StatementLog } from '../support/databases/statement-log.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { insertManyRows, type ManyRows } from '../support/nova/many-rows.js';
import { type OpenCell, openCell } from '../support/recorder/read-cell.js';
import { until } from '../support/time/until.js';

/** A limit for snapshots that a busy machine does not reach. */
const LONG = 30_000;

const keep = closeAfterAll();
let server: PrivateMariaDb;
let databases: NovaDatabases;
let crowd: ManyRows;
let log: StatementLog;
let cell: OpenCell;
let reader: DatabaseCellReader;
let root: Connection;

beforeAll(async () => {
  // In READ COMMITTED, which some deployments of Nova set for all sessions, a transaction has no consistent view.
  server = keep(await privateMariaDb({ options: ['--transaction-isolation=READ-COMMITTED'] }));
  databases = await createNovaDatabases(server, { connectAs: 'recorder' });
  crowd = await insertManyRows(databases, 'cell1');
  root = keep(await createConnection(databases.adminUrl('cell1')));
  await root.query("UPDATE instances SET updated_at = '2025-02-01' WHERE id > 190");
  await root.query(
    `INSERT INTO instance_extra (created_at, deleted, instance_uuid, flavor)
     SELECT created_at, 0, uuid, '{}' FROM instances`,
  );
  const tables = ['instances', 'instance_extra', 'instance_actions', 'instance_actions_events'];
  for (const table of tables) await root.query(`INSERT INTO shadow_${table} SELECT * FROM ${table}`);
  await root.query(
    `INSERT INTO shadow_instance_extra (created_at, deleted, instance_uuid)
     SELECT '2025-01-01', 0, UUID() FROM seq_1_to_2000`,
  );
  await root.query(
    `ANALYZE TABLE instances, instance_extra, ${tables.map((table) => `shadow_${table}`).join(', ')}`,
  );
  log = keep(await StatementLog.start(server, databases.recorder.username));
  cell = keep(await openCell(databases, 'cell1'));
  reader = new DatabaseCellReader(cell.database, LONG);
});

/** Returns the ids of the connections that the recorder's account has to the cell. */
async function connections(): Promise<number[]> {
  const [rows] = await root.query<(RowDataPacket & { id: number })[]>(
    'SELECT id FROM information_schema.processlist WHERE user = ? AND db = ?',
    [databases.recorder.username, databases.cells.cell1.database],
  );
  return rows.map(({ id }) => id);
}

/** Sends each statement of the reader at least once. */
async function readAll(snapshot: CellSnapshot): Promise<void> {
  const { actions, events, servers } = await snapshot.maxIds();
  await snapshot.actionsFrom(actions - 1_000, 1_001);
  await snapshot.eventKeysFrom(events - 1_000, 1_001);
  await snapshot.serverKeysFrom(servers - 10, 1_001);
  await snapshot.firstIdSince('actions', actions - 1_000, 3_600_000);
  await snapshot.firstIdSince('events', events - 1_000, 3_600_000);
  await snapshot.firstIdSince('servers', servers - 10, 3_600_000);
  const ids = Array.from({ length: 500 }, (_, index) => 1 + index * 7);
  for (const isShadow of [false, true]) {
    await snapshot.maxIds(isShadow);
    await snapshot.actions(ids, isShadow);
    await snapshot.events(ids, isShadow);
    await snapshot.serversById([1, 50, 100], isShadow);
    for (const [table, rows] of [
      ['actions', 2_000],
      ['events', 2_000],
      ['servers', 20],
    ] as const) {
      const source = { table, isShadow };
      await snapshot.blockSums(source, 256, 1, rows);
      await snapshot.rowSums(source, 1, rows / 2);
      if (table !== 'servers') await snapshot.page(source, 1_000, 3_000, 500);
      else await snapshot.page(source, 100, 150, 40);
    }
  }
  await snapshot.eventsOf(ids);
  await snapshot.servers(crowd.servers.slice(0, 20));
  await snapshot.changedServers('2025-02-01 00:00:00', 10);
}

describe('the statements of the recorder', () => {
  it('the statements of the recorder use an index on large tables, and a login that may only SELECT suffices', async () => {
    await log.readNew();
    await reader.snapshot(readAll);
    const { database } = databases.cells.cell1;
    const sent = (await log.readNew()).filter((statement) => statement.database === database);
    const queries = sent.filter(({ sql }) => !/^(SHOW|SET|START|COMMIT)\b/.test(sql));
    const steps = await explainStatements(server, queries, { share: 0.3 });
    const read = new Set(steps.map(({ table }) => table));
    expect([...read].sort()).toEqual([
      ...['instance_actions', 'instance_actions_events', 'instance_extra', 'instances'],
      ...[
        'shadow_instance_actions',
        'shadow_instance_actions_events',
        'shadow_instance_extra',
        'shadow_instances',
      ],
    ]);
    expect(queries.length).toBeGreaterThan(25);
  });

  it('the statements of the recorder read all events of actions with more events than one statement returns', async () => {
    const [{ insertId }] = await root.query<ResultSetHeader>(
      `INSERT INTO instance_actions (instance_uuid, action, deleted) VALUES ('${crowd.servers[0] ?? ''}', 'many', 0)`,
    );
    await root.query(
      `INSERT INTO instance_actions_events (action_id, event, deleted)
       SELECT ?, 'step', 0 FROM seq_1_to_12000`,
      [insertId],
    );
    const events = await reader.snapshot((snapshot) => snapshot.eventsOf([1, insertId, 2, insertId + 1]));
    expect(events.filter(({ action_id }) => action_id === insertId)).toHaveLength(12_000);
    expect(new Set(events.map(({ id }) => id)).size).toBe(12_000 + 2 * 2);
    expect(events.map(({ id }) => id)).toEqual(events.map(({ id }) => id).sort((one, other) => one - other));
  });
});

describe('a snapshot of a cell', () => {
  it('a snapshot of a cell does not contain rows that are committed after its start', async () => {
    const ids = await reader.snapshot(async (snapshot) => {
      const before = await snapshot.maxIds();
      await root.query("INSERT INTO instance_actions (action, deleted) VALUES ('late', 0)");
      return [before, await snapshot.maxIds()];
    });
    expect(ids[1]).toEqual(ids[0]);
    const after = await reader.snapshot((snapshot) => snapshot.maxIds());
    expect(after.actions).toBeGreaterThan(ids[0]?.actions ?? 0);
  });

  it('snapshots of a cell use at most two connections, and the same ones again', async () => {
    let inProgress = 0;
    let highest = 0;
    await Promise.all(
      Array.from({ length: 8 }, () =>
        reader.snapshot(async (snapshot) => {
          inProgress += 1;
          highest = Math.max(highest, inProgress, (await connections()).length);
          await snapshot.maxIds();
          inProgress -= 1;
        }),
      ),
    );
    expect(highest).toBe(2);
    expect(await connections()).toHaveLength(2);
  });

  it('a snapshot of a cell that takes too long fails, and its connection is closed', async () => {
    const before = await connections();
    let own = 0;
    const impatient = new DatabaseCellReader(cell.database, 300);
    const result = impatient.snapshot(async (snapshot) => {
      await snapshot.maxIds();
      const [open] = await root.query<(RowDataPacket & { id: number })[]>(
        `SELECT trx_mysql_thread_id AS id FROM information_schema.innodb_trx WHERE trx_mysql_thread_id IN (?)`,
        [before],
      );
      own = open[0]?.id ?? 0;
      await sleep(LONG, undefined, { ref: false });
    });
    await expect(result).rejects.toThrow('the database is unavailable');
    expect(before).toContain(own);
    await until(async () => !(await connections()).includes(own), 'the connection is closed');
    expect(cell.database.isUp()).toBe(true);
  });

  it('a snapshot of a cell whose work fails is closed, and the next one succeeds', async () => {
    const result = reader.snapshot(() => Promise.reject(new Error('no such row')));
    await expect(result).rejects.toHaveProperty('cause.message', 'no such row');
    expect((await reader.snapshot((snapshot) => snapshot.maxIds())).servers).toBeGreaterThan(0);
  });
});
