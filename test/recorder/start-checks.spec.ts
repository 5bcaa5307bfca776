import { beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { OwnStore } from '../../src/database/own-store/own-store.js';
import { readStates } from '../../src/ledger/cells/cell-states.js';
import { checkStart, registerCells } from '../../src/recorder/start-checks.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { mariaDb, type MariaDbServer } from '../support/databases/mariadb.js';
import { TABLES } from '../support/databases/own-store.js';
import { storeKinds } from '../support/databases/stores.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { accountOf } from '../support/nova/logins.js';
import { type OpenCell, openCell } from '../support/recorder/read-cell.js';

const CELL0 = {
  uuid: '00000000-0000-0000-0000-000000000000',
  name: 'cell0',
  created_at: '2026-01-01 00:00:00',
};
const OURS = [CELL0, { uuid: 'aaaaaaaa-0000-4000-8000-000000000001', name: 'one', created_at: null }];
const OTHERS = [CELL0, { uuid: 'bbbbbbbb-0000-4000-8000-000000000001', name: 'one', created_at: null }];
const ANOTHER = 'the store keeps the log of another Nova';

const keep = closeAfterAll();

describe.each(storeKinds)('a store on %s', (kind, create) => {
  async function openStore(): Promise<OwnStore> {
    const { url, ...store } = await create();
    keep(() => store.remove());
    return keep(await OwnStore.open({ DATABASE_URL: url, MIGRATE_ON_START: true }, TABLES));
  }

  it(`a store on ${kind} assigns the same number to a cell again, and rejects the cells of another Nova`, async () => {
    const { database } = await openStore();
    const numbers = await registerCells(database, OURS);
    expect([...numbers.values()]).toEqual([1, 2]);
    const later = { uuid: 'aaaaaaaa-0000-4000-8000-000000000002', name: 'two', created_at: null };
    expect(await registerCells(database, [later, ...OURS])).toEqual(new Map([...numbers, [later.uuid, 3]]));
    await expect(registerCells(database, OTHERS)).rejects.toThrow(ANOTHER);
    const states = await database.read(performance.now() + 5_000, readStates);
    expect(states.map(({ uuid }) => uuid)).toEqual([...OURS, later].map(({ uuid }) => uuid));
  });

  it(`a store on ${kind} accepts only one of two Novas whose first recorders start at the same time`, async () => {
    const { database } = await openStore();
    const results = await Promise.allSettled([OURS, OTHERS].map((cells) => registerCells(database, cells)));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const states = await database.read(performance.now() + 5_000, readStates);
    expect(states).toHaveLength(2);
  });
});

describe('the checks before the recorder starts', () => {
  let server: MariaDbServer;
  let nova: NovaDatabases;
  let cell: OpenCell;

  beforeAll(async () => {
    server = keep(await mariaDb());
    nova = keep(await createNovaDatabases(server, { connectAs: 'recorder' }));
    cell = keep(await openCell(nova, 'cell1'));
  });

  it('the checks before the recorder starts pass with the documented privileges, and do not create the store', async () => {
    const url = await server.createDatabase('unused');
    keep(() => server.dropDatabase(url));
    await checkStart(cell.cells, url, TABLES);
    const connection = keep(await createConnection(url));
    expect((await connection.query('SHOW TABLES'))[0]).toEqual([]);
  });

  it.each(['nova_api', 'cell0', 'cell1'] as const)(
    'the checks before the recorder starts, and the migration of the store, reject a database of Nova and write nothing: %s',
    async (name) => {
      const url = nova.adminUrl(name);
      const root = keep(await createConnection(url));
      const [before] = await root.query('SHOW TABLES');
      const problem =
        /^DATABASE_URL: this is a database of Nova, because it has the table \w+; create a separate/;
      await expect(checkStart(cell.cells, url, TABLES)).rejects.toThrow(problem);
      for (const MIGRATE_ON_START of [true, false])
        await expect(OwnStore.open({ DATABASE_URL: url, MIGRATE_ON_START }, TABLES)).rejects.toThrow(problem);
      expect((await root.query('SHOW TABLES'))[0]).toEqual(before);
    },
  );

  it.each([
    ['privilege', 'REVOKE SELECT ON $t FROM $a', 'GRANT SELECT ON $t TO $a', 'the privilege to SELECT from'],
    ['table', 'RENAME TABLE $t TO moved', 'RENAME TABLE moved TO $t', 'the table'],
    ['column', 'ALTER TABLE $t DROP flavor', 'ALTER TABLE $t ADD flavor text', "Unknown column 'flavor'"],
  ])(
    'the checks before the recorder starts name the cell and the table if a %s is missing',
    async (_what, damage, repair, text) => {
      const root = keep(await createConnection(nova.adminUrl('cell1')));
      const sql = (statement: string): string =>
        statement.replace('$t', 'shadow_instance_extra').replace('$a', accountOf(nova.recorder));
      await root.query(sql(damage));
      try {
        const checked = checkStart(cell.cells, 'sqlite:///nowhere/none.sqlite', TABLES);
        await expect(checked).rejects.toThrow(/^the cell cell1: .*shadow_instance_extra/);
        await expect(checked).rejects.toThrow(text);
      } finally {
        await root.query(sql(repair));
      }
    },
  );
});
