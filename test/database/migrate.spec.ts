import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { ownStore } from '../support/databases/own-store.js';
import { mariaDb, type MariaDbServer } from '../support/databases/mariadb.js';
import type { ServiceProcess } from '../support/process/process.js';
import { WorkingFolder } from '../support/process/working-folder.js';
import { Relay } from '../support/http/relay.js';
import { createSqlite, storeKinds } from '../support/databases/stores.js';
import { until } from '../support/time/until.js';
import { closeAfterAll } from '../support/close-after-all.js';

const MIGRATE = { program: 'migrate.js' };
const REPLICAS = 8;

let server: MariaDbServer;
let DATABASE_URL: string;
const places: WorkingFolder[] = [];

const keep = closeAfterAll();

beforeAll(async () => {
  server = keep(await mariaDb());
});

beforeEach(async () => {
  DATABASE_URL = await server.createDatabase('migrate');
});

afterEach(async () => {
  for (const place of places.splice(0)) await place.remove();
  await server.dropDatabase(DATABASE_URL);
});

async function place(): Promise<WorkingFolder> {
  const made = await WorkingFolder.create();
  places.push(made);
  return made;
}

/** Starts several processes of `npm run migrate` at the same time. */
async function launchAll(count: number, url = DATABASE_URL): Promise<ServiceProcess[]> {
  const made = await Promise.all(Array.from({ length: count }, place));
  return made.map((one) => one.launch({ DATABASE_URL: url }, MIGRATE));
}

async function outputOf(service: ServiceProcess): Promise<string> {
  const code = await service.exited();
  return `${code} ${service.stdout}${service.stderr}`;
}

/** Returns two lists of names: the migrations that the database records as done, and all migrations of the modules. */
function migrations(url = DATABASE_URL): Promise<[string[], string[]]> {
  return onStore(url, async (source) => {
    const done = await source.query<{ name: string }[]>('SELECT name FROM nova_action_log_migrations');
    return [done.map(({ name }) => name).sort(), source.migrations.map(({ name }) => name ?? '').sort()];
  });
}

async function onStore<Result>(url: string, work: (source: DataSource) => Promise<Result>): Promise<Result> {
  const source = await ownStore(url).initialize();
  try {
    return await work(source);
  } finally {
    await source.destroy();
  }
}

const DONE = /^0 nova-action-log: the store was migrated: \w+/;
const UP_TO_DATE = '0 nova-action-log: the store is up to date\n';

describe('npm run migrate', () => {
  it.each(storeKinds)(
    'npm run migrate in many processes at the same time runs each migration once, on %s',
    async (_kind, create) => {
      const store = await create();
      const outputs = await Promise.all((await launchAll(REPLICAS, store.url)).map(outputOf));
      expect(outputs.filter((output) => DONE.test(output))).toHaveLength(1);
      expect(outputs.filter((output) => output === UP_TO_DATE)).toHaveLength(REPLICAS - 1);
      const [done, all] = await migrations(store.url);
      expect(done).toEqual(all);
      await store.remove();
    },
  );

  it('npm run migrate finishes a migration during which another process was killed', async () => {
    const relay = await Relay.to(Number(new URL(DATABASE_URL).port));
    const behindRelay = new URL(DATABASE_URL);
    behindRelay.port = String(relay.port);
    const halfWay = relay.freezeAfter('CREATE TABLE `instance_actions`');
    const [first] = await launchAll(1, behindRelay.href);
    await halfWay;
    const others = await launchAll(REPLICAS);
    await first?.kill();
    relay.close();
    const outputs = await Promise.all(others.map(outputOf));
    // The first process has recorded some migrations as done before the test killed it. These do not run again.
    expect(outputs.filter((output) => DONE.test(output))).toEqual([
      expect.not.stringContaining('CreateOwnTables1700000000000'),
    ]);
    expect(outputs.filter((output) => output === UP_TO_DATE)).toHaveLength(REPLICAS - 1);
    const [done, all] = await migrations();
    expect(done).toEqual(all);
    await onStore(DATABASE_URL, async (source) => {
      for (const { tableName } of source.entityMetadatas) await source.query(`SELECT 1 FROM ${tableName}`);
    });
  });

  it.each(['migrate.js', 'main.js'])(
    'a process that waits while another process migrates exits on SIGTERM: %s',
    async (program) => {
      const [first] = await launchAll(1);
      await outputOf(first as ServiceProcess);
      await onStore(DATABASE_URL, async (source) => {
        await source.query('DELETE FROM nova_action_log_migrations LIMIT 1');
        const late = "holder = 'x', held_until = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR";
        await source.query(`UPDATE nova_action_log_leases SET ${late}`);
      });
      const relay = await Relay.to(Number(new URL(DATABASE_URL).port));
      const behindRelay = new URL(DATABASE_URL);
      behindRelay.port = String(relay.port);
      const waiting = (await place()).launch({ DATABASE_URL: behindRelay.href }, { program });
      await until(() => relay.bytes > 0, 'the process has connected to the database');
      waiting.signal('SIGTERM');
      // The process must have a handler for the signal, because a signal has no default action for the first process of
      // a container.
      expect(await waiting.exited()).toBe(program === 'main.js' ? 0 : 143);
      relay.close();
    },
  );

  it('npm run migrate prints a one-line error without the password if the database rejects the account', async () => {
    const url = new URL(DATABASE_URL);
    url.password = 'Gehe1m';
    const [refused] = await launchAll(1, url.href);
    const output = await outputOf(refused as ServiceProcess);
    expect(output).toMatch(/^1 nova-action-log cannot migrate: DATABASE_URL: .*Access denied.*\n$/);
    expect(output).not.toContain('Gehe1m');
  });

  it('npm run migrate inserts no example rows without --example', async () => {
    const store = await createSqlite();
    const [migrating] = await launchAll(1, store.url);
    expect(await outputOf(migrating as ServiceProcess)).toMatch(DONE);
    expect(await onStore(store.url, (source) => source.manager.count('instances'))).toBe(0);
    await store.remove();
  });

  it('npm run migrate rejects an unknown option with a one-line error', async () => {
    const workplace = await place();
    const migrating = workplace.launch({ DATABASE_URL }, { program: 'migrate.js', options: ['--exmaple'] });
    expect(await outputOf(migrating)).toMatch(
      /^1 nova-action-log cannot migrate: Unknown option '--exmaple'.*; the only option is --example\n$/,
    );
  });

  it.each([
    ['without an option', []],
    ['with --example', ['--example']],
  ])("npm run migrate does not change Nova's databases without DATABASE_URL, %s", async (_how, options) => {
    const workplace = await place();
    const service = workplace.launch({ NOVA_API_DATABASE_URL: DATABASE_URL }, { ...MIGRATE, options });
    expect(await outputOf(service)).toMatch(/^0 nova-action-log: nothing to migrate/);
    await onStore(DATABASE_URL, async (source) => {
      expect(await source.query('SHOW TABLES')).toEqual([]);
    });
  });

  it('npm run migrate migrates the own store beside Nova if DATABASE_URL is set, and inserts no example rows', async () => {
    const store = await createSqlite();
    const workplace = await place();
    const settings = { DATABASE_URL: store.url, NOVA_API_DATABASE_URL: DATABASE_URL };
    const migrating = workplace.launch(settings, { ...MIGRATE, options: ['--example'] });
    expect(await outputOf(migrating)).toMatch(
      /^0 nova-action-log: the store was migrated: .*; the example was not inserted, because the service reads Nova's databases\n$/,
    );
    await onStore(DATABASE_URL, async (source) => {
      expect(await source.query('SHOW TABLES')).toEqual([]);
    });
    await store.remove();
  });
});

describe('MIGRATE_ON_START=false', () => {
  const MIGRATE_ON_START = 'false';

  it('a service with MIGRATE_ON_START=false starts with a read-only database account, but only if the tables are up to date', async () => {
    const reader = await readerOf(DATABASE_URL);
    const settings = { DATABASE_URL: reader, MIGRATE_ON_START };
    const early = (await place()).launch(settings);
    expect(await outputOf(early)).toMatch(
      /^1 nova-action-log cannot start: DATABASE_URL: the store lacks the migrations CreateOwnTables1700000000000, .*; run "node dist\/migrate.js".*\n$/,
    );
    const [migrating] = await launchAll(1);
    expect(await outputOf(migrating as ServiceProcess)).toMatch(DONE);
    const service = (await place()).launch(settings);
    expect((await service.get('demo-admin')).status).toBe(404);
  });

  it('a service with MIGRATE_ON_START=false does not create the tables of a new SQLite file', async () => {
    const store = await createSqlite();
    const service = (await place()).launch({ DATABASE_URL: store.url, MIGRATE_ON_START });
    expect(await outputOf(service)).toMatch(
      /^1 .*the store lacks the migrations CreateOwnTables1700000000000/,
    );
    await store.remove();
  });
});

/** Creates an account that can only read the database. Returns the URL of the database with this account. */
async function readerOf(url: string): Promise<string> {
  const reader = new URL(url);
  const database = reader.pathname.slice(1);
  await onStore(url, async (source) => {
    await source.query(`CREATE USER '${database}'@'127.0.0.1' IDENTIFIED BY 'r'`);
    await source.query(`GRANT SELECT ON \`${database}\`.* TO '${database}'@'127.0.0.1'`);
  });
  reader.username = database;
  reader.password = 'r';
  return reader.href;
}
