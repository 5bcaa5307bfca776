import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type Connection, createConnection } from 'mysql2/promise';
import { explainStatements } from '../support/databases/explain.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { type ManyRows, insertManyRows } from '../support/nova/many-rows.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { filterQueries, listQueries } from '../support/requests/migrations.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { StatementLog } from '../support/databases/statement-log.js';
import { closeAfterAll } from '../support/close-after-all.js';

let server: PrivateMariaDb;
let databases: NovaDatabases;
let crowd: ManyRows;
let log: StatementLog;

const keep = closeAfterAll();

beforeAll(async () => {
  server = keep(await privateMariaDb());
  databases = await createNovaDatabases(server);
  crowd = await insertManyRows(databases, 'cell1');
  log = await StatementLog.start(server, databases.reader.username);
});

/** Runs queries over one connection. */
async function run(url: string, ...queries: ((connection: Connection) => Promise<unknown>)[]): Promise<void> {
  const connection = await createConnection(url);
  try {
    for (const query of queries) await query(connection);
  } finally {
    await connection.end();
  }
}

function query(sql: string, ...values: unknown[]): (connection: Connection) => Promise<unknown> {
  return (connection) => connection.query(sql, values);
}

/** Tables that a statement may read completely, because they have only a few rows in every deployment. */
const LIMITS = { small: ['cell_mappings'] };

/**
 * Queries of `GET /os-migrations` for which Nova's table has no suitable index. The database reads all rows of the
 * table. docs/deploy/beside-nova.md says how long that takes.
 */
const WHOLE = [
  '',
  'hidden=0',
  'migration_type=live-migration',
  'migration_type=evacuation',
  'status=completed',
  'status=running',
  // The filter `host` compares the columns source_compute and dest_compute. dest_compute has no index.
  'host=compute-1',
  'host=compute-77',
  // All rows have this value, so MariaDB does not use the index of source_compute.
  'source_compute=compute-1',
];

async function migrations(service: RunningService, path: string, version = '2.80'): Promise<unknown> {
  const headers = {
    'X-Auth-Token': personaTokens['admin'] ?? '',
    'OpenStack-API-Version': `compute ${version}`,
  };
  const answer = await fetch(`${service.url}/v2.1/${path}`, { headers });
  expect([path, answer.status]).toEqual([path, path.endsWith('/10') ? 404 : 200]);
  return answer.json();
}

/**
 * Returns true if one of the statements since the last call reads the whole table of migrations. Fails if a statement
 * reads the whole of another table.
 */
async function readsAllMigrations(): Promise<boolean> {
  const { database } = databases.cells.cell1;
  const statements = (await log.readNew()).filter((statement) => statement.database === database);
  const limits = { small: [...LIMITS.small, 'migrations'] };
  const steps = (await explainStatements(server, statements, limits)).filter(
    ({ table }) => table === 'migrations',
  );
  expect(steps.length).toBeGreaterThan(0);
  return steps.some(({ type, rows, of }) => type === 'ALL' || type === 'index' || rows > of / 4);
}

describe("statements to Nova's databases", () => {
  it("the tests' log of statements contains each statement as it was sent, including prepared statements", async () => {
    const { cell1, cell2 } = databases.cells;
    await run(
      cell1.url,
      query('SELECT id FROM instances WHERE uuid = ?', 'a'),
      (connection) => connection.execute('SELECT id FROM instance_actions item WHERE item.id = ?', [5]),
      (connection) => connection.changeUser({ database: cell2.database }),
      query('SELECT id FROM instances'),
      (connection) => expect(connection.query('DELETE FROM instances')).rejects.toThrow('denied'),
    );
    await run(databases.adminUrl('cell1'), query('SELECT id FROM migrations'));
    expect(await log.readNew()).toEqual([
      { database: cell1.database, sql: "SELECT id FROM instances WHERE uuid = 'a'" },
      { database: cell1.database, sql: 'SELECT id FROM instance_actions item WHERE item.id = 5' },
      { database: cell2.database, sql: 'SELECT id FROM instances' },
      { database: cell2.database, sql: 'DELETE FROM instances' },
    ]);
    expect(await log.readNew()).toEqual([]);
  });

  it("the tests' check of statements accepts statements that use an index", async () => {
    const [first = '', second = ''] = crowd.servers;
    await run(
      databases.apiUrl,
      query('SELECT * FROM cell_mappings mapping'),
      query('SELECT cell_id FROM instance_mappings WHERE instance_uuid IN (?)', [first, second]),
    );
    await run(
      databases.cells.cell1.url,
      query('SET NAMES utf8mb4'),
      query('SELECT VERSION()'),
      query('SELECT uuid, deleted FROM instances WHERE uuid = ?', first),
      query(
        `SELECT id FROM instance_actions item WHERE item.instance_uuid = ? AND item.deleted = 0
         ORDER BY item.created_at DESC, item.id DESC LIMIT 1000`,
        first,
      ),
      query(
        'SELECT id FROM instance_actions WHERE instance_uuid = ? AND request_id = ?',
        first,
        crowd.requestId(first, 7),
      ),
      query('SELECT id FROM instance_actions_events WHERE action_id IN (?)', [1, 2, 3]),
    );
    const plans = await explainStatements(server, await log.readNew(), LIMITS);
    expect(plans.map(({ table, type }) => `${table} ${type}`)).toEqual([
      'cell_mappings ALL',
      'instance_mappings range',
      'instances const',
      'instance_actions ref',
      'instance_actions ref',
      'instance_actions_events range',
    ]);
  });

  it("statements of the service to Nova's databases use indexes for every request for actions", async () => {
    const service = await startService({ NOVA_API_DATABASE_URL: databases.apiUrl });
    try {
      await log.readNew();
      const [uuid = ''] = crowd.servers;
      const actions = `/v2.1/servers/${uuid}/os-instance-actions`;
      const request = crowd.requestId(uuid, 50);
      const urls = [
        actions,
        `${actions}/${request}`,
        `${actions}?limit=5`,
        `${actions}?limit=5&marker=${request}`,
        `${actions}?changes-since=2025-01-02T00:00:00Z&changes-before=2025-01-03T00:00:00Z`,
        `/v2.1/servers/${randomUUID()}/os-instance-actions`,
      ];
      for (const path of urls) {
        for (const version of path.includes('?') ? ['2.66', '2.103'] : ['2.1', '2.103']) {
          const answer = await fetch(`${service.url}${path}`, {
            headers: {
              'X-Auth-Token': personaTokens['admin'] ?? '',
              'OpenStack-API-Version': `compute ${version}`,
            },
          });
          expect([200, 404]).toContain(answer.status);
        }
      }
      const statements = (await log.readNew()).filter(({ sql }) => !/^(SET|SELECT VERSION)/.test(sql));
      // A request for an existing server needs one statement for the cell, one for the server, and others for its
      // actions.
      expect(statements.length).toBeGreaterThan(urls.length * 4);
      const plans = await explainStatements(server, statements, LIMITS);
      expect(new Set(plans.map(({ table }) => table))).toEqual(
        new Set([
          'instance_mappings',
          'cell_mappings',
          'instances',
          'instance_actions',
          'instance_actions_events',
        ]),
      );
    } finally {
      await service.stop();
    }
  });

  it('lists of migrations use an index if they have a suitable filter; other lists read all migrations, as in Nova', async () => {
    const service = await startService({ NOVA_API_DATABASE_URL: databases.apiUrl });
    try {
      const [uuid = ''] = crowd.servers;
      const newest = (await migrations(service, 'os-migrations?limit=5')) as {
        migrations: { uuid: string }[];
      };
      const marker = newest.migrations.at(-1)?.uuid ?? '';
      const known = { server: uuid, projectId: crowd.projectId, marker };
      const ofServer = [`servers/${uuid}/migrations`, `servers/${uuid}/migrations/10`];
      const wholly = async (version: string, paths: readonly string[]): Promise<string[]> => {
        const found: string[] = [];
        for (const path of paths) {
          await log.readNew();
          await migrations(service, path, version);
          if (await readsAllMigrations()) found.push(path.replace('os-migrations?', '').replace(marker, 'M'));
        }
        return found;
      };
      const paths = (queries: ReturnType<typeof listQueries>): string[] =>
        queries.map((query) => `os-migrations?${new URLSearchParams(query).toString()}`);
      expect(await wholly('2.58', [...paths(filterQueries(known)), ...ofServer])).toEqual(WHOLE);
      expect(await wholly('2.80', [...paths(listQueries(known)), ...ofServer])).toEqual([
        ...WHOLE,
        'user_id=nobody',
        `project_id=${crowd.projectId}`,
        'project_id=none',
        // The column created_at has no index, so the database reads all rows to find the five newest.
        'limit=5',
        'limit=5&marker=M',
        'limit=5&marker=M&status=completed',
      ]);
    } finally {
      await service.stop();
    }
  });

  it.each([
    [
      'reads all of instance_actions (type ALL, without an index, about',
      "SELECT id FROM instance_actions item WHERE item.created_at > '2025-01-03'",
    ],
    [
      'reads all of instance_actions_events (type index, by the index action_id',
      'SELECT action.id FROM instance_actions action JOIN instance_actions_events event ' +
        'ON CONCAT(event.action_id) = action.id WHERE action.id IN (1, 2)',
    ],
    [
      'reads all of instances (type index',
      '/* of a request */ SET STATEMENT max_statement_time=1 FOR SELECT COUNT(*) FROM instances',
    ],
    [
      'reads all of instance_actions (type ALL',
      'SELECT * FROM (SELECT * FROM instance_actions) item LIMIT 1',
    ],
    [
      'reads a large part of instances (type ref, by the index instances_deleted_created_at_idx',
      'SELECT created_at FROM instances FORCE INDEX (instances_deleted_created_at_idx) WHERE deleted = 0',
    ],
    ['is not a query: UPDATE instances', 'UPDATE instances SET deleted = 1 WHERE id = 0'],
  ])("the tests' check of SQL statements rejects a statement that %s…", async (why, sql) => {
    const { database } = databases.cells.cell1;
    const good = { database, sql: 'SELECT id FROM instances WHERE id = ?', parameters: [1] };
    await expect(explainStatements(server, [good, { database, sql }], LIMITS)).rejects.toThrow(why);
  });
});
