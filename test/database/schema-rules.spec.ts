import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { LogClient } from '../support/action-log/log-client.js';
import { startLogService } from '../support/action-log/log-service.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { migrateOwnStore } from '../support/databases/own-store.js';
import { StatementLog } from '../support/databases/statement-log.js';
import { insertServer } from '../support/recorder/nova-rows.js';
import { PastCells } from '../support/recorder/past-cells.js';

/** The tables of the record, of the copy, of the search, and of recording over HTTP. */
const TABLES = "table_name REGEXP '^(entries$|record_|copied_|search_|written_)'";

/**
 * Statements that a Galera cluster or TiDB rejects, ignores or limits to one node. So the service must not send them.
 */
const FORBIDDEN = /\b(?:GET_LOCK|LOCK TABLES|SAVEPOINT|TEMPORARY|XA|TRIGGER|PROCEDURE)\b/i;

const keep = closeAfterAll();
let server: PrivateMariaDb;
let log: StatementLog;
let storeUrl: string;
let store: Connection;

beforeAll(async () => {
  server = keep(await privateMariaDb());
  log = keep(await StatementLog.start(server));
  storeUrl = await server.createDatabase('store');
  await migrateOwnStore(storeUrl);
  store = keep(await createConnection(storeUrl));
});

/** Selects rows of information_schema about the database of the store. */
async function schemaRows(
  view: string,
  columns: string,
  condition = '1 = 1',
  schema = 'table_schema',
): Promise<unknown[][]> {
  const [rows] = await store.query<RowDataPacket[][]>({
    sql: `SELECT ${columns} FROM information_schema.${view} WHERE ${schema} = DATABASE() AND ${condition}`,
    rowsAsArray: true,
  });
  return rows;
}

/** Returns the columns of the indexes that fulfill the condition, by `table index`. */
async function indexes(condition: string): Promise<ReadonlyMap<string, string>> {
  const columns = 'GROUP_CONCAT(column_name ORDER BY seq_in_index)';
  const ofEach = `${condition} GROUP BY table_name, index_name`;
  const rows = await schemaRows('statistics', `CONCAT(table_name, ' ', index_name), ${columns}`, ofEach);
  return new Map(rows as [string, string][]);
}

describe('the tables of the log', () => {
  it('the tables of the log have a primary key, and the database gives them no values', async () => {
    const tables = (await schemaRows('tables', 'table_name', TABLES)).flat() as string[];
    expect(tables).toEqual(
      expect.arrayContaining([
        'entries',
        'copied_instances',
        'search_actions',
        'search_hosts',
        'written_actions',
      ]),
    );
    expect(await schemaRows('tables', 'table_name', `${TABLES} AND engine <> 'InnoDB'`)).toEqual([]);
    const withKey = await indexes(`${TABLES} AND index_name = 'PRIMARY'`);
    expect(tables.filter((table) => !withKey.has(`${table} PRIMARY`))).toEqual([]);
    expect(await schemaRows('columns', 'table_name, column_name', `${TABLES} AND extra <> ''`)).toEqual([]);
  });

  it('the tables of the log have no foreign keys, triggers, events, procedures and views', async () => {
    const keys = `${TABLES} AND constraint_type = 'FOREIGN KEY'`;
    expect(await schemaRows('table_constraints', 'table_name, constraint_name', keys)).toEqual([]);
    expect(await schemaRows('triggers', 'trigger_name', undefined, 'trigger_schema')).toEqual([]);
    expect(await schemaRows('events', 'event_name', undefined, 'event_schema')).toEqual([]);
    expect(await schemaRows('routines', 'routine_name', undefined, 'routine_schema')).toEqual([]);
    expect(await schemaRows('views', 'table_name')).toEqual([]);
  });

  it('each index of the search ends in the order of a page, or contains only the id', async () => {
    const found = await indexes("table_name IN ('search_actions', 'search_hosts')");
    const others = [...found].filter(([, columns]) => !/^(?:\w+,)*second,id$/.test(columns));
    expect(found.size).toBeGreaterThan(10);
    expect(others.sort()).toEqual([
      ['search_actions search_by_id', 'id'],
      ['search_hosts search_hosts_by_id', 'id'],
    ]);
  });
});

it('the migrations, the service and the recorder send no statement that works only on a single database server', async () => {
  const service = await startLogService({ DATABASE_URL: storeUrl });
  const client = await LogClient.of(service);
  const named = { id: '11111111-1111-4111-8111-111111111111', project_id: 'p-large' };
  const action = { action: 'backup', server: named, external_id: 'a', events: [{ event: 'copy' }] };
  const answers = [
    await client.send('service', 'POST', '', {}, { actions: [action] }),
    await client.get('tenant', '?action=backup&include=events'),
  ];
  expect(answers.map(({ body: { actions = [] } }) => actions.length)).toEqual([1, 1]);
  await service.stop();
  const cells = await PastCells.create(server);
  await insertServer(cells, 'cell1', 1, { actions: 3 });
  expect(await cells.record('cell1')).not.toEqual([]);
  await cells.close();
  const sent = (await log.readNew()).map(({ sql }) => sql.replaceAll(/'(?:[^'\\]|\\.|'')*'/g, "''"));
  expect(sent.filter((sql) => FORBIDDEN.test(sql))).toEqual([]);
  const parts = ['EXISTS search_actions', 'INTO written_actions', 'INTO entries', 'copied_instance_actions'];
  expect(parts.filter((part) => !sent.some((sql) => sql.includes(part)))).toEqual([]);
});
