import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Connection, createConnection } from 'mysql2/promise';
import { type MariaDbServer, mariaDb } from '../support/databases/mariadb.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { accountOf } from '../support/nova/logins.js';
import type { Environment } from '../support/process/process.js';
import { WorkingFolder } from '../support/process/working-folder.js';
import { RecordedStore } from '../support/recorder/recorded-store.js';
import { DEFAULT_TIMEOUTS } from '../support/time/timeouts.js';
import { until } from '../support/time/until.js';

let server: MariaDbServer;
let nova: NovaDatabases;
let otherNova: NovaDatabases;
let root: Connection;
let store: RecordedStore;
let workplace: WorkingFolder;
const keep = closeAfterAll();

beforeAll(async () => {
  server = keep(await mariaDb());
  nova = keep(await createNovaDatabases(server, { connectAs: 'recorder' }));
  otherNova = keep(await createNovaDatabases(server, { connectAs: 'recorder' }));
  root = keep(await createConnection(server.url('')));
  const url = await server.createDatabase('starting');
  keep(() => server.dropDatabase(url));
  store = keep(await RecordedStore.open(url));
  workplace = keep(await WorkingFolder.create());
  // A recorder fills the store, so that the store keeps the log of `nova`.
  const recorder = workplace.launch(environment(), { program: 'record.js' });
  await until(
    async () => !recorder.isRunning || (await store.recordedCells()) === 3,
    'the recorder has registered all cells',
  );
  recorder.signal('SIGTERM');
  expect([await recorder.exited(), recorder.stderr]).toEqual([0, '']);
});

function environment(): Environment {
  return { NOVA_API_DATABASE_URL: nova.apiUrl, DATABASE_URL: store.url };
}

/** Returns the name of a table in cell1, for SQL. */
function inCell1(table: string): string {
  return `\`${nova.cells.cell1.database}\`.${table}`;
}

interface BadStart {
  readonly fault: string;
  /** The variables that differ; an empty text means that a variable is not set. */
  readonly variables?: () => Environment;
  readonly damage?: () => string;
  readonly repair?: () => string;
  readonly message: RegExp;
}

const badStarts: readonly BadStart[] = [
  {
    fault: 'DATABASE_URL is not set',
    variables: () => ({ DATABASE_URL: '' }),
    message: /the recorder needs NOVA_API_DATABASE_URL .* and DATABASE_URL/,
  },
  {
    fault: 'NOVA_API_DATABASE_URL is not set',
    variables: () => ({ NOVA_API_DATABASE_URL: '' }),
    message: /the recorder needs NOVA_API_DATABASE_URL .* and DATABASE_URL/,
  },
  {
    fault: "the login at Nova's API database is wrong",
    variables: () => ({ NOVA_API_DATABASE_URL: nova.apiUrl.replace('recorder_', 'recorder_x') }),
    message: /NOVA_API_DATABASE_URL: .*Access denied/,
  },
  {
    fault: 'the login at the store is wrong',
    variables: () => ({ DATABASE_URL: store.url.replace(/\/\/[^@]*@/, '//nobody:wrong@') }),
    message: /DATABASE_URL: .*Access denied/,
  },
  {
    fault: 'the privilege to read a table of a cell is missing',
    damage: () => `REVOKE SELECT ON ${inCell1('shadow_instance_actions')} FROM ${accountOf(nova.recorder)}`,
    repair: () => `GRANT SELECT ON ${inCell1('shadow_instance_actions')} TO ${accountOf(nova.recorder)}`,
    message: /cell1.*shadow_instance_actions/,
  },
  {
    fault: 'a table of a cell is missing',
    damage: () => `RENAME TABLE ${inCell1('shadow_instance_extra')} TO ${inCell1('moved')}`,
    repair: () => `RENAME TABLE ${inCell1('moved')} TO ${inCell1('shadow_instance_extra')}`,
    message: /cell1.*shadow_instance_extra/,
  },
  ...['', 'postgresql://nova@db.example.org/nova', 'mysql://nova:p%40ss@db.example.org:port/nova'].map(
    (address): BadStart => ({
      fault: `the address of a cell is "${address}"`,
      damage: () => setAddress(address),
      repair: () => setAddress(nova.cells.cell1.url),
      message: /database_connection of the cell [0-9a-f-]{36}: /,
    }),
  ),
  {
    fault: 'the store is newer than the program',
    damage: () =>
      `INSERT INTO ${inStore('nova_action_log_migrations')} (timestamp, name) VALUES (9999999999999, 'Future9999999999999')`,
    repair: () => `DELETE FROM ${inStore('nova_action_log_migrations')} WHERE timestamp = 9999999999999`,
    message: /the store is newer than this program: Future9999999999999/,
  },
  {
    fault: 'the store keeps the log of another Nova',
    variables: () => ({ NOVA_API_DATABASE_URL: otherNova.apiUrl }),
    message: /the store keeps the log of another Nova/,
  },
];

/** Returns a statement that sets the address of cell1. */
function setAddress(address: string): string {
  const mappings = `\`${new URL(nova.apiUrl).pathname.slice(1)}\`.cell_mappings`;
  return `UPDATE ${mappings} SET database_connection = '${address}' WHERE uuid = '${nova.cells.cell1.uuid}'`;
}

function inStore(table: string): string {
  return `\`${new URL(store.url).pathname.slice(1)}\`.${table}`;
}

describe('a recorder that cannot start', () => {
  it.each(badStarts)(
    'the recorder exits with code 1 and one line on standard error, and writes nothing, if $fault',
    async ({ variables = () => ({}), damage, repair, message }) => {
      if (damage !== undefined) await root.query(damage());
      try {
        const before = await store.checksums();
        const recorder = workplace.launch({ ...environment(), ...variables() }, { program: 'record.js' });
        const code = await recorder.exited();
        expect(recorder.stderr).toMatch(/^nova-action-log cannot record: [^\n]+\n$/);
        expect([code, recorder.stderr]).toEqual([1, expect.stringMatching(message)]);
        expect(recorder.stderr).not.toMatch(/p%40ss|wrong@/);
        expect(await store.checksums()).toEqual(before);
      } finally {
        if (repair !== undefined) await root.query(repair());
      }
    },
  );

  it('a recorder that cannot read a cell does not create the tables of a new store', async () => {
    const url = await server.createDatabase('starting');
    const empty = await RecordedStore.open(url);
    await root.query(`REVOKE SELECT ON ${inCell1('instance_actions')} FROM ${accountOf(nova.recorder)}`);
    try {
      const recorder = workplace.launch({ ...environment(), DATABASE_URL: url }, { program: 'record.js' });
      expect([await recorder.exited(), recorder.stderr]).toEqual([
        1,
        expect.stringContaining('instance_actions'),
      ]);
      expect(await empty.checksums()).toEqual({});
    } finally {
      await root.query(`GRANT SELECT ON ${inCell1('instance_actions')} TO ${accountOf(nova.recorder)}`);
      await empty.close();
      await server.dropDatabase(url);
    }
  });
});

describe('a recorder whose API database is slow at the start', () => {
  it('a recorder whose API database is slow at the start keeps trying, and records all cells later', async () => {
    const api = await createConnection(nova.adminUrl('nova_api'));
    await api.query('LOCK TABLES cell_mappings WRITE, instance_mappings WRITE');
    const recorder = workplace.launch({ ...environment(), ...DEFAULT_TIMEOUTS }, { program: 'record.js' });
    try {
      await until(
        () => !recorder.isRunning || recorder.stdout.includes('cannot update the list of cells'),
        'the recorder cannot read the list of cells',
      );
      expect(await store.leases()).toEqual([]);
      await api.query('UNLOCK TABLES');
      await until(
        async () => !recorder.isRunning || (await store.leases()).length === 3,
        'the recorder records all cells',
      );
    } finally {
      await api.end();
      recorder.signal('SIGTERM');
    }
    expect([await recorder.exited(), recorder.stderr]).toEqual([0, '']);
  });
});
