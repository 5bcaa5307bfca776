import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { parseMysqlUrl } from '../../src/config/addresses/mysql-address.js';
import { novaDatabaseOnHost } from '../support/databases/own-store.js';
import { loadFixture } from '../conformance/cases.js';
import { type MariaDbServer, mariaDb } from '../support/databases/mariadb.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { readerGrants } from '../support/nova/logins.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { setDatabaseTimeLimits } from '../../src/database/connection/time-limits.js';
import { LONG_TIMEOUTS } from '../support/time/timeouts.js';
import { until } from '../support/time/until.js';

const ALICE_PROJECT = '4f5e8c1d2a7b49c0a1e2d3c4b5a69788';
const BUILDING = 'b0b0b0b0-0000-4000-8000-000000000001';
const MOVED = 'b0b0b0b0-0000-4000-8000-000000000002';

/** A migration that creates a table. On Nova's databases, the service must not be able to run it. */
class MakeTable implements MigrationInterface {
  readonly name = 'MakeTable1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE mine (id int)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE mine');
  }
}

let server: MariaDbServer;
let databases: NovaDatabases;
let service: RunningService;
let api: Connection;

beforeAll(async () => {
  server = await mariaDb();
  // As in a real deployment, the addresses of the cells contain a database account that has all privileges.
  databases = await createNovaDatabases(server, { connectAs: 'owner' });
  await databases.fill(loadFixture());
  api = await createConnection(databases.adminUrl('nova_api'));
  service = await startService({ NOVA_API_DATABASE_URL: databases.apiUrl });
});

afterAll(async () => {
  await service.stop();
  await api.end();
  await databases.remove();
  await server.stop();
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function get(path: string, persona = 'alice', on = service): Promise<Answer> {
  const answer = await fetch(`${on.url}/v2.1/servers/${path}`, {
    headers: { 'X-Auth-Token': personaTokens[persona] ?? '', 'OpenStack-API-Version': 'compute 2.103' },
  });
  return { status: answer.status, body: await answer.json() };
}

function serverOf(label: string): string {
  const [uuid] = loadFixture().labels[label] ?? [];
  if (uuid === undefined) throw new Error(`no label ${label}`);
  return uuid;
}

async function actions(uuid: string, persona = 'alice', on = service): Promise<number> {
  const { status, body } = await get(`${uuid}/os-instance-actions`, persona, on);
  if (status !== 200) return -status;
  return (body as { instanceActions: unknown[] }).instanceActions.length;
}

function notFound(uuid: string): Answer {
  return {
    status: 404,
    body: { itemNotFound: { code: 404, message: `Instance ${uuid} could not be found.` } },
  };
}

describe('a server that is being built', () => {
  beforeAll(async () => {
    await api.query('INSERT INTO instance_mappings (instance_uuid, project_id, user_id) VALUES (?, ?, ?)', [
      BUILDING,
      ALICE_PROJECT,
      'alice',
    ]);
  });

  it('while a server is being built, the service returns an empty list of its actions, and 404 for any single action', async () => {
    expect(await get(`${BUILDING}/os-instance-actions`)).toEqual({
      status: 200,
      body: { instanceActions: [] },
    });
    expect(await get(`${BUILDING}/os-instance-actions/req-1`)).toEqual({
      status: 404,
      body: { itemNotFound: { code: 404, message: 'Action req-1 not found' } },
    });
  });

  it('a server that is being built is visible only to its project and to administrators', async () => {
    expect(await get(`${BUILDING}/os-instance-actions`, 'bob')).toEqual(notFound(BUILDING));
    expect((await get(`${BUILDING}/os-instance-actions`, 'admin')).status).toBe(200);
  });

  it('a server that is being built is read from its cell as soon as it has one', async () => {
    const { id } = databases.cells.cell1;
    await databases.fill({
      instances: [{ cell: 'cell1', id: 9001, uuid: BUILDING, project_id: ALICE_PROJECT, deleted: 0 }],
      instance_actions: [
        {
          cell: 'cell1',
          id: 9001,
          instance_uuid: BUILDING,
          request_id: 'req-1',
          action: 'create',
          deleted: 0,
        },
      ],
    });
    await api.query('UPDATE instance_mappings SET cell_id = ? WHERE instance_uuid = ?', [id, BUILDING]);
    expect(await actions(BUILDING)).toBe(1);
  });
});

describe('cells', () => {
  it('a new cell is used without a restart', async () => {
    const other = await createNovaDatabases(server);
    try {
      const fixture = loadFixture();
      await other.fill({
        ...fixture,
        migrations: [],
        instances: fixture.instances.map((row) =>
          row.uuid === serverOf('seed') ? { ...row, uuid: MOVED } : row,
        ),
        instance_actions: fixture.instance_actions.map((row) =>
          row.instance_uuid === serverOf('seed') ? { ...row, instance_uuid: MOVED } : row,
        ),
      });
      expect(await get(`${MOVED}/os-instance-actions`, 'tenant')).toEqual(notFound(MOVED));
      await api.query(
        'INSERT INTO cell_mappings (id, uuid, name, database_connection) VALUES (77, ?, ?, ?)',
        [other.cells.cell1.uuid, 'later', other.cells.cell1.url],
      );
      await api.query(
        'INSERT INTO instance_mappings (instance_uuid, project_id, cell_id) VALUES (?, ?, 77)',
        [MOVED, '453265'],
      );
      expect(await actions(MOVED, 'tenant')).toBe(1);
    } finally {
      await api.query('DELETE FROM instance_mappings WHERE instance_uuid = ?', [MOVED]);
      await api.query('DELETE FROM cell_mappings WHERE id = 77');
      await other.remove();
    }
  });

  it('the connections of a cell are closed after the cell was removed from cell_mappings', async () => {
    const other = await createNovaDatabases(server);
    const { uuid, url } = other.cells.cell1;
    const name = parseMysqlUrl(url).database;
    const connections = async (): Promise<number> => {
      const [rows] = await api.query<RowDataPacket[]>(
        'SELECT id FROM information_schema.processlist WHERE db = ?',
        [name],
      );
      return rows.length;
    };
    try {
      await api.query(
        'INSERT INTO cell_mappings (id, uuid, name, database_connection) VALUES (78, ?, ?, ?)',
        [uuid, 'passing', url],
      );
      expect(await migrationsStatus()).toBe(200);
      expect(await connections()).toBeGreaterThan(0);
      await api.query('DELETE FROM cell_mappings WHERE id = 78');
      // The service closes the connections to a removed cell after the time limit of a request. In tests this limit is
      // more than a minute, so this test uses the shorter default.
      setDatabaseTimeLimits(1_800);
      expect(await migrationsStatus()).toBe(200);
      await until(async () => (await connections()) === 0, 'the connections of the removed cell are closed');
    } finally {
      setDatabaseTimeLimits(Number(LONG_TIMEOUTS.DATABASE_TIMEOUT));
      await api.query('DELETE FROM cell_mappings WHERE id = 78');
      await other.remove();
    }
  });

  async function migrationsStatus(): Promise<number> {
    const headers = { 'X-Auth-Token': personaTokens['admin'] ?? '' };
    const answer = await fetch(`${service.url}/v2.1/os-migrations`, { headers });
    await answer.text();
    return answer.status;
  }

  it('the service still returns the actions of servers in a disabled cell', async () => {
    await api.query('UPDATE cell_mappings SET disabled = 1');
    expect(await actions(serverOf('busy'))).toBeGreaterThan(10);
    await api.query('UPDATE cell_mappings SET disabled = 0');
  });

  it('after the address of a cell in cell_mappings changes, the service reads the cell at the new address', async () => {
    const { cell1 } = databases.cells;
    const uuid = serverOf('seed');
    expect(await actions(uuid, 'tenant')).toBe(1);
    await changeAddress(cell1.uuid, 'mysql+pymysql://nobody:s3cret@127.0.0.1:1/nowhere');
    expect(await actions(uuid, 'tenant')).toBe(-503);
    await changeAddress(cell1.uuid, '{scheme}://{username}@{hostname}/nowhere');
    expect(await actions(uuid, 'tenant')).toBe(-503);
    await changeAddress(cell1.uuid, cell1.url);
    expect(await actions(uuid, 'tenant')).toBe(1);
  });

  async function changeAddress(uuid: string, connection: string): Promise<void> {
    await api.query('UPDATE cell_mappings SET database_connection = ? WHERE uuid = ?', [connection, uuid]);
  }
});

describe('the documentation', () => {
  it('the documentation lists the same privileges for the database account of the service as the tests grant', () => {
    const text = readFileSync(new URL('../../docs/deploy/beside-nova.md', import.meta.url), 'utf8');
    const documented = [...text.matchAll(/^GRANT SELECT ON nova_.*(?=;$)/gm)].map(([statement]) => statement);
    expect(documented).toEqual(readerGrants({ api: 'nova_api', cells: ['nova_cell0'] }, 'actions'));
  });
});

describe("Nova's databases", () => {
  let source: DataSource;

  afterEach(async () => {
    await source.destroy();
  });

  it("Nova's databases cannot be changed through the connections of the service, even if the database account has all privileges", async () => {
    const { username, password } = databases.owner;
    const url = databases.cells.cell2.url.replace(
      /\/\/[^@]*@/,
      `//${username}:${encodeURIComponent(password)}@`,
    );
    const address = parseMysqlUrl(url);
    source = await novaDatabaseOnHost(address, address.hosts[0]).initialize();
    const before = await tables();
    // A connection with the same account can create and drop tables. So if the attempts below fail, the connections of
    // the service cause that, and not the privileges.
    await expect(ownConnection(url, 'CREATE TABLE may_i (id int)')).resolves.toBeUndefined();
    await expect(ownConnection(url, 'DROP TABLE may_i')).resolves.toBeUndefined();
    const attempts: Record<string, () => Promise<unknown>> = {
      synchronize: () => source.synchronize(),
      dropBeforeSync: () => source.synchronize(true),
      dropDatabase: () => source.dropDatabase(),
      migrate: () => {
        source.migrations.push(new MakeTable());
        return source.runMigrations();
      },
      insert: () => source.query('INSERT INTO instances (uuid) VALUES ("x")'),
      update: () => source.query('UPDATE instance_actions SET message = "x"'),
      remove: () => source.query('DELETE FROM instance_actions'),
      truncate: () => source.query('TRUNCATE TABLE instance_actions_events'),
      alter: () => source.query('ALTER TABLE instances ADD COLUMN mine int'),
      create: () => source.query('CREATE TABLE mine (id int)'),
      lock: () => source.transaction((manager) => manager.query('DELETE FROM instances')),
    };
    for (const [name, attempt] of Object.entries(attempts)) {
      const outcome = await attempt().then(() => 'done', String);
      expect([name, outcome]).toEqual([name, expect.stringMatching(/READ ONLY transaction/)]);
    }
    // The test executes 20 statements at the same time, so that each connection of the pool executes at least one.
    const writes = await Promise.allSettled(
      Array.from({ length: 20 }, () => source.query('DELETE FROM instances WHERE SLEEP(0.05)')),
    );
    expect(writes.map(({ status }) => status)).toEqual(Array(20).fill('rejected'));
    expect(await tables()).toEqual(before);
  });

  async function tables(): Promise<unknown> {
    const connection = await createConnection(databases.adminUrl('cell2'));
    try {
      const [names] = await connection.query<RowDataPacket[]>('SHOW TABLES');
      const [sums] = await connection.query<RowDataPacket[]>(
        'CHECKSUM TABLE instances, instance_actions, instance_actions_events',
      );
      return [names, sums];
    } finally {
      await connection.end();
    }
  }

  async function ownConnection(url: string, sql: string): Promise<void> {
    const connection = await createConnection(url.replace('mysql+pymysql', 'mysql'));
    try {
      await connection.query(sql);
    } finally {
      await connection.end();
    }
  }
});
