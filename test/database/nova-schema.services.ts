import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { closeAfterAll } from '../support/close-after-all.js';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { type FixtureRow, loadFixture } from '../conformance/cases.js';
import { type MariaDbServer, mariaDb } from '../support/databases/mariadb.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { novaManage, novaPython } from '../support/nova/manage.js';
import { novaTables, shadowTables } from '../support/nova/tables.js';

const fixture = loadFixture();

let server: MariaDbServer;
let databases: NovaDatabases;

const keep = closeAfterAll();

beforeAll(async () => {
  server = keep(await mariaDb());
  databases = keep(await createNovaDatabases(server, { templates: ['cell2'] }));
});

describe("the tables of the tests' Nova databases", () => {
  /** The names of the databases whose tables Nova itself creates. */
  const made = { api: '', cell: '' };

  beforeAll(async () => {
    made.api = await server.createDatabase('nova_api');
    made.cell = await server.createDatabase('nova');
    const configuration = { apiDatabase: sqlAlchemyUrl(made.api), database: sqlAlchemyUrl(made.cell) };
    await novaManage(configuration, ['api_db', 'sync']);
    await novaManage(configuration, ['db', 'sync', '--local_cell']);
  });

  afterAll(async () => {
    for (const url of Object.values(made)) await server.dropDatabase(url);
  });

  it.each(novaTables.api)("the tests' table %s is the same as the table that Nova creates", async (table) => {
    const ours = await definition(databases.adminUrl('nova_api'), table);
    expect(ours).toBe(await definition(made.api, table));
  });

  it.each([...novaTables.cell, ...shadowTables])(
    "the tests' table %s is in every cell the same as the table that Nova creates",
    async (table) => {
      const novas = await definition(made.cell, table);
      for (const cell of ['cell0', 'cell1', 'cell2'] as const) {
        expect(await definition(databases.adminUrl(cell), table)).toBe(novas);
      }
    },
  );
});

describe("the rows of the tests' Nova databases", () => {
  const ACTIONS = `
import json, sys
from nova import config, context, exception, objects
config.parse_args(['nova'] + sys.argv[1:5])
objects.register_all()
admin = context.get_admin_context()
found = {}
for uuid in sys.argv[5:]:
    try:
        mapping = objects.InstanceMapping.get_by_instance_uuid(admin, uuid)
    except exception.InstanceMappingNotFound:
        found[uuid] = None
        continue
    with context.target_cell(admin, mapping.cell_mapping) as cell:
        actions = objects.InstanceActionList.get_by_instance_uuid(cell, uuid)
        found[uuid] = [mapping.cell_mapping.name, [
            [action.id, action.start_time and action.start_time.strftime('%Y-%m-%d %H:%M:%S'),
             [event.id for event in objects.InstanceActionEventList.get_by_action(cell, action.id)]]
            for action in actions]]
print(json.dumps(found))
`;

  it("the rows of the tests' Nova databases are found by Nova's own code through the cells, with the read-only account", async () => {
    await databases.fill({ ...fixture, migrations: [] });
    const uuids = Object.values(fixture.labels).flatMap(([uuid = '']) => (uuid.includes(' ') ? [] : [uuid]));
    // In `cell_mappings`, the address of cell2 is a template. Nova takes its parts from this URL, except the name of
    // the database.
    const database = databases.apiUrl;
    const printed = await novaPython({ apiDatabase: databases.apiUrl, database }, ACTIONS, uuids);
    expect(JSON.parse(printed)).toEqual(Object.fromEntries(uuids.map((uuid) => [uuid, expected(uuid)])));
  });

  function expected(uuid: string): unknown {
    const mapping = fixture.instance_mappings.find((row) => row.instance_uuid === uuid);
    if (!mapping) return null;
    const actions = shown(fixture.instance_actions, 'instance_uuid', uuid);
    return [
      mapping.cell,
      actions.map(({ id, start_time }) => [
        id,
        start_time,
        shown(fixture.instance_actions_events, 'action_id', id ?? null).map((event) => event.id),
      ]),
    ];
  }

  it("each row of the tests' Nova databases is inserted only into the cell to which the row belongs", async () => {
    const [uuid = ''] = fixture.labels['busy'] ?? [];
    const migration = { cell: 'cell1', instance_uuid: uuid, deleted: 0, created_at: '2026-03-01 00:00:07' };
    await databases.fill({
      migrations: [
        { ...migration, id: 3000, migration_type: 'resize', memory_total: 212584539881 },
        { ...migration, id: 3001, updated_at: '2026-03-29 02:30:00' },
      ],
    });
    const all = 'SELECT id, memory_total, CAST(updated_at AS CHAR) AS updated_at FROM migrations ORDER BY id';
    expect(await rowsOf(databases.adminUrl('cell1'), all)).toEqual([
      { id: 3000, memory_total: 212584539881, updated_at: null },
      { id: 3001, memory_total: null, updated_at: '2026-03-29 02:30:00' },
    ]);
    expect(await rowsOf(databases.adminUrl('cell2'), all)).toEqual([]);
    await expect(databases.fill({ migrations: [{ ...migration, cell: 'cell3' }] })).rejects.toThrow('cell3');
  });
});

describe("the accounts of the tests' Nova databases", () => {
  it("the accounts of the tests' Nova databases are a reader with only the necessary privileges and an owner with all privileges", async () => {
    const granted = await rowsOf(databases.apiUrl, 'SHOW GRANTS');
    const plain = granted.map((row) => Object.values(row).join().replaceAll('`', ''));
    expect(plain.shift()).toMatch(/^GRANT USAGE ON /);
    expect(plain.sort()).toEqual(databases.grants.map((grant) => grant.replaceAll("'", '')).sort());
    await expect(rowsOf(databases.apiUrl, 'SELECT 1 FROM build_requests')).rejects.toThrow('denied');
    for (const refused of [
      'SELECT 1 FROM mysql.user',
      'UPDATE task_log SET host = 1',
      'UPDATE instances SET host = 1',
      'CREATE TABLE t (i int)',
    ]) {
      await expect(rowsOf(databases.cells.cell1.url, refused)).rejects.toThrow('denied');
    }
  });

  it("the owner's account of the tests' Nova databases is in the addresses of all cells if a test requests that", async () => {
    const asNova = await createNovaDatabases(server, { connectAs: 'owner', templates: ['cell0'] });
    try {
      const all = 'SELECT database_connection AS url FROM cell_mappings ORDER BY id';
      const [cell0 = '', ...others] = (await rowsOf(asNova.apiUrl, all)).map(({ url }) => String(url));
      expect(cell0).toBe(
        `{scheme}://{username}:{password}@{hostname}:{port}/${asNova.cells.cell0.database}?{query}`,
      );
      expect(others).toHaveLength(2);
      for (const url of others) {
        expect(url).toContain(`//${asNova.owner.username}:p%40ss%3Aw%2Frd%2541`);
        await rowsOf(url, 'DELETE FROM instances');
        await rowsOf(url, 'DROP TABLE task_log');
      }
    } finally {
      await asNova.remove();
    }
    await expect(rowsOf(asNova.apiUrl, 'SELECT 1')).rejects.toThrow('denied');
  });
});

/** Returns the expected rows in the order of Nova: the newest first, without soft-deleted rows. */
function shown(rows: readonly FixtureRow[], column: string, value: string | number | null): FixtureRow[] {
  const order = ({ created_at, id }: FixtureRow): string => `${created_at} ${String(id).padStart(9, '0')}`;
  return rows
    .filter((row) => row[column] === value && row.deleted === 0)
    .sort((a, b) => order(b).localeCompare(order(a)));
}

async function rowsOf(url: string, sql: string, values: readonly unknown[] = []): Promise<RowDataPacket[]> {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql, [...values]);
    return rows;
  } finally {
    await connection.end();
  }
}

/**
 * Returns the definition of a table: its columns in order, and then its keys, sorted by name. The keys are sorted
 * because Nova creates them in the order of a Python set, which differs in each run.
 */
async function definition(url: string, table: string): Promise<string> {
  const [row] = await rowsOf(url, 'SHOW CREATE TABLE ??', [table]);
  const lines = String(row?.['Create Table'])
    .replace(/ AUTO_INCREMENT=\d+/, '')
    .split('\n')
    .map((line) => line.replace(/,$/, ''));
  const isKey = (line: string): boolean => /^ +(UNIQUE )?KEY /.test(line);
  return [...lines.filter((line) => !isKey(line)), ...lines.filter(isKey).sort()].join('\n');
}

/** Converts a URL to SQLAlchemy's format, with the driver in the scheme. */
function sqlAlchemyUrl(url: string): string {
  return `${url.replace('mysql:', 'mysql+pymysql:')}?charset=utf8`;
}
