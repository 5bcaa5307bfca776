import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { loadFixture } from '../conformance/cases.js';
import { type MariaDbServer, mariaDb } from '../support/mariadb.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova-databases.js';
import { novaManage, novaPython } from '../support/nova-manage.js';
import { novaTables } from '../support/nova-tables.js';

const fixture = loadFixture();

let server: MariaDbServer;
let databases: NovaDatabases;

beforeAll(async () => {
  server = await mariaDb();
  databases = await createNovaDatabases(server, { templates: ['cell2'] });
});

afterAll(async () => {
  await databases.remove();
  await server.stop();
});

describe("the tables of the tests' Nova databases", () => {
  /** Of Nova's own making. */
  const made = { api: '', cell: '' };

  beforeAll(async () => {
    made.api = await server.createDatabase('nova_api');
    made.cell = await server.createDatabase('nova');
    const configuration = { apiDatabase: inNovasForm(made.api), database: inNovasForm(made.cell) };
    await novaManage(configuration, ['api_db', 'sync']);
    await novaManage(configuration, ['db', 'sync', '--local_cell']);
  });

  afterAll(async () => {
    for (const url of Object.values(made)) await server.dropDatabase(url);
  });

  it.each(novaTables.api)('%s is as Nova makes it', async (table) => {
    const ours = await definition(databases.adminUrl('nova_api'), table);
    expect(ours).toBe(await definition(made.api, table));
  });

  it.each(novaTables.cell)('%s is as Nova makes it, in every cell', async (table) => {
    const novas = await definition(made.cell, table);
    for (const cell of ['cell0', 'cell1', 'cell2'] as const) {
      expect(await definition(databases.adminUrl(cell), table)).toBe(novas);
    }
  });
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
        found[uuid] = [mapping.cell_mapping.name, [action.id for action in actions]]
print(json.dumps(found))
`;

  it("are what Nova's own code finds through the cells, with the login that may only read", async () => {
    await databases.fill(fixture);
    const uuids = Object.values(fixture.labels).flatMap(([uuid = '']) => (uuid.includes(' ') ? [] : [uuid]));
    // As a template, cell2 gets all but its name from here.
    const database = databases.apiUrl;
    const printed = await novaPython({ apiDatabase: databases.apiUrl, database }, ACTIONS, uuids);
    expect(JSON.parse(printed)).toEqual(Object.fromEntries(uuids.map((uuid) => [uuid, expected(uuid)])));
  });

  function expected(uuid: string): unknown {
    const mapping = fixture.instance_mappings.find((row) => row.instance_uuid === uuid);
    if (!mapping) return null;
    const actions = fixture.instance_actions
      .filter((row) => row.instance_uuid === uuid && row.deleted === 0)
      .sort((a, b) => (a.created_at === b.created_at ? Number(b.id) - Number(a.id) : 0))
      .sort((a, b) => String(b.created_at).localeCompare(String(a.created_at)));
    return [mapping.cell, actions.map(({ id }) => id)];
  }
});

/**
 * Everything of a table: columns in their order with types, defaults and character sets, then its keys. Theirs is no
 * order to compare: Nova makes them in that of a Python set, which is another one in each run.
 */
async function definition(url: string, table: string): Promise<string> {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query<RowDataPacket[]>('SHOW CREATE TABLE ??', [table]);
    const lines = String(rows[0]?.['Create Table'])
      .replace(/ AUTO_INCREMENT=\d+/, '')
      .split('\n')
      .map((line) => line.replace(/,$/, ''));
    const isKey = (line: string): boolean => /^ +(UNIQUE )?KEY /.test(line);
    return [...lines.filter((line) => !isKey(line)), ...lines.filter(isKey).sort()].join('\n');
  } finally {
    await connection.end();
  }
}

function inNovasForm(url: string): string {
  return `${url.replace('mysql:', 'mysql+pymysql:')}?charset=utf8`;
}
