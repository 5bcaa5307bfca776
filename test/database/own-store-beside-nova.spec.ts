import { beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { Cells } from '../../src/database/cells/cells.js';
import { DatabaseStates } from '../../src/database/connection/database-states.js';
import { answerDeadline } from '../../src/database/connection/time-limits.js';
import { OwnStoreModule } from '../../src/database/own-store.module.js';
import { OwnStore } from '../../src/database/own-store/own-store.js';
import { type MariaDbServer, mariaDb } from '../support/databases/mariadb.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { type RunningService, startService } from '../support/service/service.js';

/** Two modules that use the service's own database. */
@Module({ imports: [OwnStoreModule] })
class Writing {}
@Module({ imports: [OwnStoreModule] })
class AlsoWriting {}

/** Returns options with a deadline that even a busy machine meets. */
const patient = (): { deadline: number } => ({ deadline: performance.now() + 60_000 });

let server: MariaDbServer;
let nova: NovaDatabases;

const keep = closeAfterAll();

beforeAll(async () => {
  server = keep(await mariaDb());
  nova = keep(await createNovaDatabases(server, { connectAs: 'owner' }));
});

const start = (store: TestStore, modules: readonly (typeof Writing)[] = []): Promise<RunningService> =>
  startService({ NOVA_API_DATABASE_URL: nova.apiUrl, DATABASE_URL: store.url }, modules);

it("a service with Nova's databases does not open its own database if no module imports OwnStoreModule", async () => {
  const service = await start({
    url: 'sqlite:///nowhere/may/not/be/made.sqlite',
    remove: () => Promise.resolve(),
  });
  expect(() => service.application.get(OwnStore, { strict: false })).toThrow(/OwnStore/);
  await service.stop();
});

describe.each(storeKinds)("a service with Nova's databases and its own database on %s", (_kind, create) => {
  let store: TestStore;
  let service: RunningService;
  let own: OwnStore;
  let cells: Cells;

  const keepHere = closeAfterAll();

  beforeAll(async () => {
    store = keepHere(await create());
    service = keepHere(await start(store, [Writing, AlsoWriting]));
    own = service.application.get(OwnStore, { strict: false });
    cells = service.application.get(Cells, { strict: false });
    await own.database.read(answerDeadline(), (source) =>
      source.query('CREATE TABLE seen (cell varchar(99))'),
    );
  });

  it("a module writes rows to the service's own database while it reads Nova's cells", async () => {
    await own.database.write(async (manager) => {
      const names = await cells.rows(answerDeadline(), (source) =>
        source.query<{ name: string }[]>('SELECT DATABASE() AS name'),
      );
      for (const [row] of names) await manager.query('INSERT INTO seen VALUES (?)', [row?.name]);
    }, patient());
    const rows = await own.database.read(answerDeadline(), (source) =>
      source.query<{ cell: string }[]>('SELECT cell FROM seen'),
    );
    const expected = Object.values(nova.cells).map(({ database }) => database);
    expect(rows.map(({ cell }) => cell).sort()).toEqual(expected.sort());
  });

  it("a module that writes to the service's own database cannot write to Nova's databases, even if the database account owns them all", async () => {
    const [cell] = await cells.all(answerDeadline());
    const written = cell?.database.write(() => Promise.resolve(), patient());
    await expect(written).rejects.toThrow('this database is read-only');
    const inserted = cell?.database.read(answerDeadline(), (source) =>
      source.query('UPDATE instances SET hidden = 1'),
    );
    await expect(inserted).rejects.toMatchObject({ cause: { errno: 1792 } });
  });

  it("modules share the connections to the service's own database, and health checks include this database", async () => {
    const states = service.application.get(DatabaseStates);
    const ids = states.databases().map(({ id }) => id);
    expect(ids.filter((id) => id === 'database')).toHaveLength(1);
    expect((await states.health()).databases).toContainEqual({ name: 'database', isUp: true });
    expect(ids).toContain('api_database');
  });

  it("the service's own database gets no example rows if the service reads Nova's databases", async () => {
    const actions = await own.database.read(answerDeadline(), (source) =>
      source.query<unknown[]>('SELECT id FROM instance_actions'),
    );
    expect(actions).toEqual([]);
  });
});

describe('the graceful shutdown', () => {
  it("the graceful shutdown closes the service's own database and Nova's databases", async () => {
    const [[, create] = []] = storeKinds;
    if (create === undefined) throw new Error('there is no store');
    const store = await create();
    const service = await start(store, [Writing]);
    const { database } = service.application.get(OwnStore, { strict: false });
    const databases = service.application.get(DatabaseStates).databases();
    await service.stop();
    expect(databases).toContain(database);
    expect(databases.map((one) => one.isUp())).toEqual(databases.map(() => false));
    await store.remove();
  });
});
