import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { loadFixture } from '../conformance/cases.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { accountOf } from '../support/nova/logins.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { StatementLog } from '../support/databases/statement-log.js';
import { fillStore } from '../support/databases/stores.js';
import { closeAfterAll } from '../support/close-after-all.js';

const fixture = loadFixture();
const [own = '', ownRequest = ''] = fixture.labels['busy'] ?? [];
const [foreign = '', foreignRequest = ''] = fixture.labels['other'] ?? [];
const ABSENT = 'b0b0b0b0-0000-4000-8000-00000000000f';
/** A server that only the copy of Nova's rows contains. It has the project of the server `foreign`. */
const COPIED = 'c0c0c0c0-0000-4000-8000-00000000000f';
const VERSIONS = ['2.1', '2.21', '2.51', '2.62', '2.84', '2.103'];

let server: PrivateMariaDb;
let databases: NovaDatabases;
let operator: Connection;
let log: StatementLog;
let storeUrl: string;

const keep = closeAfterAll();

beforeAll(async () => {
  server = keep(await privateMariaDb());
  databases = await createNovaDatabases(server);
  await databases.fill(fixture);
  const store = await server.createDatabase('actions');
  const { instances, instance_actions, instance_actions_events, migrations } = fixture;
  await fillStore(store, { instances, instance_actions, instance_actions_events, migrations });
  const { username, password } = databases.reader;
  storeUrl = Object.assign(new URL(store), { username, password: encodeURIComponent(password) }).href;
  operator = keep(await createConnection(store));
  await operator.query(
    `INSERT INTO copied_instances (id, uuid, server_uuid, cell, project_id, deleted, place, touched, fingerprint, position)
     SELECT 1, ?, ?, 1, project_id, 1, 2, 1, '', 1 FROM instances WHERE uuid = ?`,
    [COPIED, COPIED, foreign],
  );
  // The service has no old actions to index, so its only background statement is the check for new entries.
  await operator.query("UPDATE record_head SET position = 0 WHERE name LIKE 'search-%'");
  await operator.query(`GRANT ALL ON * TO ${accountOf(databases.reader)}`);
  await operator.query('SET GLOBAL userstat = ON');
  log = keep(await StatementLog.start(server, username));
});

describe.each([
  ["in the service's own database", 1, 0, () => ({ DATABASE_URL: storeUrl, MIGRATE_ON_START: 'false' })],
  ["in Nova's databases", 2, 0, () => ({ NOVA_API_DATABASE_URL: databases.apiUrl })],
  [
    "in Nova's databases or the copy",
    2,
    1,
    () => ({ NOVA_API_DATABASE_URL: databases.apiUrl, DATABASE_URL: storeUrl }),
  ],
])('a request for a server %s', (_where, expected, inCopy, settings) => {
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    service = keep(await startService(settings()));
    // These requests open the database connections and fill the cache of cells, so that the requests below need no
    // statements for that.
    for (const uuid of [own, foreign, ABSENT]) await ask(`${uuid}/os-instance-actions`, { persona: 'admin' });
  });

  /**
   * Sends a request. @returns the status of the response, its headers and its body without the UUID of the server, and
   * the SQL statements that the service executed for it
   */
  async function ask(
    path: string,
    { persona = 'mona', version = '2.103' } = {},
  ): Promise<{ status: number; shown: string; statements: string[] }> {
    await log.readNew();
    const response = await fetch(`${service.url}/v2.1/servers/${path}`, {
      headers: {
        'X-Auth-Token': personaTokens[persona] ?? '',
        'OpenStack-API-Version': `compute ${version}`,
      },
    });
    const headers = [...response.headers].filter(([name]) => !/^date$|request-id$/.test(name));
    const shown = JSON.stringify([headers, await response.text()]).replaceAll(path.slice(0, 36), '');
    const statements = (await log.readNew())
      .map(({ sql }) => sql)
      .filter((sql) => !sql.endsWith('FROM record_head'));
    return { status: response.status, shown, statements };
  }

  /** Returns the number of rows that MariaDB has read so far from the tables of actions and events. */
  async function rowsRead(): Promise<number> {
    const [rows] = await operator.query<(RowDataPacket & { rows_read: string })[]>(
      "SELECT rows_read FROM information_schema.table_statistics WHERE table_name LIKE '%instance\\_actions%'",
    );
    return rows.reduce((sum, row) => sum + Number(row.rows_read), 0);
  }

  it.each(['mona', 'alice'])(
    'a request for a server of another project has the same response and the same statements as for an absent server, and reads no action (%s)',
    async (persona) => {
      const before = await rowsRead();
      for (const version of VERSIONS) {
        for (const resource of [
          'os-instance-actions',
          `os-instance-actions/${foreignRequest}`,
          'migrations',
        ]) {
          const absent = await ask(`${ABSENT}/${resource}`, { persona, version });
          expect(absent.status).toBe(404);
          for (const uuid of [foreign, COPIED]) {
            const there = await ask(`${uuid}/${resource}`, { persona, version });
            expect([there.status, there.shown]).toEqual([404, absent.shown]);
            expect(there.statements.map((sql) => sql.replaceAll(uuid, ABSENT))).toEqual(absent.statements);
          }
          // Microversion 2.23 added the route for a server's migrations. At an older microversion, the service executes
          // no statement for this path.
          const minor = Number(version.slice(2));
          const routeExists = resource !== 'migrations' || minor >= 23;
          // The copy contains only deleted servers, which the routes for actions find from 2.21.
          const usesCopy = resource !== 'migrations' && minor >= 21;
          expect(absent.statements).toHaveLength(routeExists ? expected + (usesCopy ? inCopy : 0) : 0);
        }
      }
      expect(await rowsRead()).toBe(before);
    },
  );

  it("a request for an action executes one statement in the server's database, which reads only columns that the caller sees", async () => {
    const before = await rowsRead();
    for (const persona of ['alice', 'adam', 'admin']) {
      for (const version of VERSIONS) {
        const { status, statements } = await ask(`${own}/os-instance-actions/${ownRequest}`, {
          persona,
          version,
        });
        expect([persona, version, status, statements.length]).toEqual([persona, version, 200, expected]);
        const read = (column: string): boolean => statements.some((sql) => sql.includes(`event.${column} `));
        const since = (minor: number): boolean => Number(version.slice(2)) >= minor;
        const isOperator = persona !== 'alice';
        expect([persona, version, read('event'), read('traceback'), read('host'), read('details')]).toEqual([
          persona,
          version,
          isOperator || since(51),
          isOperator,
          since(62),
          isOperator && since(84),
        ]);
      }
    }
    expect(await rowsRead()).toBeGreaterThan(before);
  });

  it("a request for a server's migrations reads the hosts of the migrations only if the caller may see hosts", async () => {
    for (const persona of ['mona', 'admin']) {
      const { status, statements } = await ask(`${own}/migrations`, { persona });
      expect([status, statements.length]).toEqual([200, 1 + expected]);
      expect(statements.some((sql) => sql.includes('source_compute'))).toBe(persona === 'admin');
    }
  });
});
