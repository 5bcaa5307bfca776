import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Connection, createConnection } from 'mysql2/promise';
import { type FixtureRow, loadFixture, personas } from '../conformance/cases.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { explainStatements } from '../support/databases/explain.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { StatementLog } from '../support/databases/statement-log.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { type RunningService, startService } from '../support/service/service.js';
import { send } from '../support/service/write-client.js';

const GROUPS = 'os-server-groups';
const PROJECT = personas['alice']?.project_id ?? '';
const GROUP_COUNT = 40;

const fixture = loadFixture();
const groupId = (number: number): string => `99999999-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** Returns the ids of some servers of a cell that are in the tables of both the cell and the API database. */
function serversIn(cell: string, isWanted: (row: FixtureRow) => boolean): string[] {
  const mapped = new Set(
    fixture.instance_mappings.filter((row) => row.cell === cell).map((row) => row.instance_uuid),
  );
  return fixture.instances
    .filter((row) => row.cell === cell && mapped.has(row.uuid ?? null) && isWanted(row))
    .map(({ uuid }) => String(uuid));
}

const isListed = ({ deleted, project_id: project }: FixtureRow): boolean =>
  deleted === 0 && project === PROJECT;
const [first = '', softDeleted = '', hidden = ''] = serversIn('cell1', isListed);
const [second = ''] = serversIn('cell2', isListed);
const [foreign = ''] = serversIn('cell1', (row) => row.deleted === 0 && row.project_id !== PROJECT);
const [deleted = ''] = [
  ...serversIn('cell1', ({ deleted: mark }) => mark !== 0),
  ...serversIn('cell2', ({ deleted: mark }) => mark !== 0),
];
const BUILDING = 'b0b0b0b0-0000-4000-8000-000000000001';
const UNKNOWN = 'b0b0b0b0-0000-4000-8000-000000000002';

describe("server groups in Nova's databases", () => {
  const keep = closeAfterAll();
  let server: PrivateMariaDb;
  let databases: NovaDatabases;
  let api: Connection;
  let log: StatementLog;
  let service: RunningService;

  beforeAll(async () => {
    server = keep(await privateMariaDb());
    databases = await createNovaDatabases(server);
    await databases.fill(fixture);
    api = keep(await createConnection(databases.adminUrl('nova_api')));
    await api.query('INSERT INTO instance_mappings (instance_uuid, project_id) VALUES (?, ?)', [
      BUILDING,
      PROJECT,
    ]);
    for (let number = 1; number <= GROUP_COUNT; number += 1) await insertGroup(number);
    await insertOtherGroups();
    await api.query("UPDATE instance_group_policy SET policy = 'legacy', rules = NULL WHERE group_id = 2");
    await api.query('DELETE FROM instance_group_policy WHERE group_id = 3');
    const { database } = databases.cells.cell1;
    await api.query(`UPDATE ${database}.instances SET vm_state = 'soft-delete' WHERE uuid = ?`, [
      softDeleted,
    ]);
    await api.query(`UPDATE ${database}.instances SET hidden = 1 WHERE uuid = ?`, [hidden]);
    log = keep(await StatementLog.start(server, databases.reader.username));
    service = keep(await startService({ NOVA_API_DATABASE_URL: databases.apiUrl }));
  });

  /** Inserts a group as Nova does. Odd groups are in another project than even ones. */
  async function insertGroup(number: number): Promise<void> {
    const project = number % 2 === 0 ? 'another project' : PROJECT;
    const row = [number, groupId(number), project, 'a user', `group ${number}`];
    await api.query('INSERT INTO instance_groups (id, uuid, project_id, user_id, name) VALUES (?)', [row]);
    const rules = '{"max_server_per_host": "3"}';
    await api.query('INSERT INTO instance_group_policy (group_id, policy, rules) VALUES (?)', [
      [number, 'anti-affinity', rules],
    ]);
    for (const uuid of [first, softDeleted, hidden, deleted, foreign, UNKNOWN, BUILDING, second, first])
      await api.query('INSERT INTO instance_group_member (group_id, instance_uuid) VALUES (?)', [
        [number, uuid],
      ]);
  }

  /** Inserts many groups of a third project, so that MariaDB does not read the whole tables anyway. */
  async function insertOtherGroups(): Promise<void> {
    const numbers = Array.from({ length: 2_000 }, (_, n) => 1_000 + n);
    const insert = (
      table: string,
      columns: string,
      values: (number: number) => unknown[],
    ): Promise<unknown> => api.query(`INSERT INTO ${table} (${columns}) VALUES ?`, [numbers.map(values)]);
    await insert('instance_groups', 'id, uuid, project_id', (number) => [
      number,
      groupId(number),
      'a third project',
    ]);
    await insert('instance_group_policy', 'group_id, policy', (number) => [number, 'affinity']);
    await insert('instance_group_member', 'group_id, instance_uuid', (number) => [number, UNKNOWN]);
    await api.query('ANALYZE TABLE instance_groups, instance_group_policy, instance_group_member');
  }

  it('a group shows the servers of all cells that are neither deleted nor hidden, and those that Nova has not given a cell', async () => {
    const { body } = await send(service, 'alice', 'GET', `${GROUPS}/${groupId(1)}`);
    const { members, ...group } = (body as { server_group: { members: string[] } }).server_group;
    expect(group).toEqual({
      ...{ id: groupId(1), name: 'group 1', project_id: PROJECT, user_id: 'a user' },
      ...{ policy: 'anti-affinity', rules: { max_server_per_host: 3 } },
    });
    expect([...members].sort()).toEqual([BUILDING, first, second].sort());
  });

  it('a group shows servers of other projects only to administrators', async () => {
    const { body } = await send(service, 'admin', 'GET', `${GROUPS}/${groupId(1)}`);
    const { members } = (body as { server_group: { members: string[] } }).server_group;
    expect([...members].sort()).toEqual([BUILDING, first, second, foreign].sort());
  });

  it('a group without rules or without a policy has empty values', async () => {
    for (const [number, policy] of [
      [2, 'legacy'],
      [3, null],
    ] as const) {
      const { body } = await send(service, 'admin', 'GET', `${GROUPS}/${groupId(number)}`);
      expect(body).toMatchObject({ server_group: { policy, rules: {} } });
    }
  });

  it('a group of another project is not found, except by an administrator', async () => {
    expect(await send(service, 'alice', 'GET', `${GROUPS}/${groupId(2)}`)).toMatchObject({
      status: 404,
      body: { itemNotFound: { message: `Instance group ${groupId(2)} could not be found.` } },
    });
  });

  it('a list of many groups needs at most seven queries, which use indexes for all tables except that of the groups', async () => {
    await send(service, 'admin', 'GET', `${GROUPS}?all_projects=1`);
    await log.readNew();
    for (const [persona, query, expected] of [
      ['alice', '', GROUP_COUNT / 2],
      ['admin', '?all_projects=1', 1_000],
      ['admin', '?all_projects=1&limit=5&offset=3', 5],
    ] as const) {
      const { body } = await send(service, persona, 'GET', GROUPS + query);
      expect((body as { server_groups: unknown[] }).server_groups).toHaveLength(expected);
      const statements = await log.readNew();
      const queries = statements.filter(({ sql }) => /^[(\s]*SELECT\b.*\bFROM\b/is.test(sql));
      expect(queries.length).toBeLessThanOrEqual(7);
      if (expected === 1_000) continue;
      // Nova has no index on the project of a group. The fixture has few servers.
      await explainStatements(server, queries, { small: ['instance_groups', 'instances'], share: 1 });
    }
  });

  it('requests that change groups or servers get 404, and the service sends no statement for them', async () => {
    const id = groupId(1);
    await log.readNew();
    const body = { server_group: { name: 'g', policy: 'affinity' } };
    for (const answer of [
      await send(service, 'admin', 'POST', GROUPS, body),
      await send(service, 'admin', 'DELETE', `${GROUPS}/${id}`),
      await send(service, 'admin', 'POST', `servers/${first}/action`, { lock: null }),
    ])
      expect(answer).toMatchObject({
        status: 404,
        body: expect.stringContaining('404 Not Found') as unknown,
      });
    expect(
      (await log.readNew()).filter(({ sql }) => !/^(SET|START TRANSACTION READ ONLY|ROLLBACK)\b/.test(sql)),
    ).toEqual([]);
    expect((await send(service, 'alice', 'GET', `${GROUPS}/${id}`)).status).toBe(200);
  });
});
