import { spawn } from 'node:child_process';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { MariaDbServer } from '../test/support/databases/mariadb.js';
import { createNovaDatabases } from '../test/support/nova/databases.js';
import { WorkingFolder } from '../test/support/process/working-folder.js';
import { until } from '../test/support/time/until.js';
import { type CloudSize, fillMariaDb } from './rows.js';
import { usageOf, usageOfChildren } from './process-tree.js';

const TABLES = ['instances', 'instance_actions', 'instance_actions_events'];

/** The tables of the store that get rows for each action. */
const STORE_TABLES = [
  'entries',
  'copied_instances',
  'copied_instance_actions',
  'copied_instance_actions_events',
];

/** The maximum duration of the copying, in milliseconds. */
const MAX_DURATION = 3_600_000;

/** A function that returns CPU time, in microseconds. */
export type CpuTime = () => number;

/** The duration of some work, and the CPU time of MariaDB and of the clients, all in seconds. */
interface Cost {
  readonly duration: number;
  readonly database: number;
  readonly client: number;
}

/**
 * Measures how long the recorder takes to copy the past of a cell, without pauses, and how long `mariadb-dump | mariadb`
 * takes for the same rows.
 *
 * @param databaseTime the CPU time of MariaDB
 * @returns lines with both times, their ratio, the memory of the recorder, and the size of the store
 */
export async function compareCopying(
  server: MariaDbServer,
  size: CloudSize,
  databaseTime: CpuTime,
): Promise<string> {
  const nova = await createNovaDatabases(server, { connectAs: 'recorder' });
  const storeUrl = await server.createDatabase('record');
  const workplace = await WorkingFolder.create();
  const store = await createConnection(storeUrl);
  try {
    const cell = nova.adminUrl('cell1');
    await fillMariaDb(cell, size);
    const target = await server.createDatabase('dump');
    const dumped = await costOf(databaseTime, usageOfChildren, () => dump(cell, target));
    await server.dropDatabase(target);
    const environment = { NOVA_API_DATABASE_URL: nova.apiUrl, DATABASE_URL: storeUrl, PAST_SHARE: '100' };
    const recorder = workplace.launch(environment, { program: 'record.js' });
    let memory = 0;
    const copied = await costOf(
      databaseTime,
      () => usageOf([recorder.pid]).busy,
      () =>
        until(
          () => {
            memory = Math.max(memory, usageOf([recorder.pid]).memory);
            return isCopied(store);
          },
          'the past is copied',
          MAX_DURATION,
        ),
    );
    const actions = size.servers * size.actions;
    const ratio = (copied.duration / dumped.duration).toFixed(1);
    const bytes = ((await storeBytes(store)) / actions).toFixed(0);
    return [
      `copying ${actions.toLocaleString('en')} actions, ${bytes} bytes each: ratio ${ratio}`,
      `recorder: ${textOf(copied, actions)}, at most ${memory.toFixed(0)} MiB`,
      `mariadb-dump | mariadb: ${textOf(dumped, actions)}`,
    ].join('\n');
  } finally {
    await store.end();
    await workplace.remove();
    await nova.remove();
    await server.dropDatabase(storeUrl);
  }
}

/** Returns true if the recorder has copied the past of the cell with servers. */
async function isCopied(store: Connection): Promise<boolean> {
  const select =
    "SELECT past_done >= past_total AND past_total > 0 AS done FROM record_cells WHERE name = 'cell1'";
  // The recorder creates the table.
  const [rows] = await store.query<RowDataPacket[]>(select).catch(() => [[]]);
  return rows[0]?.['done'] === 1;
}

async function costOf(databaseTime: CpuTime, clientTime: CpuTime, work: () => Promise<void>): Promise<Cost> {
  const startedAt = performance.now();
  const [database, client] = [databaseTime(), clientTime()];
  await work();
  return {
    duration: (performance.now() - startedAt) / 1e3,
    database: (databaseTime() - database) / 1e6,
    client: (clientTime() - client) / 1e6,
  };
}

function textOf({ duration, database, client }: Cost, actions: number): string {
  const each = (seconds: number): string => `${((seconds * 1e6) / actions).toFixed(0)} µs`;
  return `${duration.toFixed(1)} s; CPU per action: MariaDB ${each(database)}, clients ${each(client)}`;
}

async function dump(from: string, to: string): Promise<void> {
  const [source, target] = [new URL(from), new URL(to)].map((url) => ({
    options: [`--host=${url.hostname}`, `--port=${url.port}`, `--user=${url.username}`],
    environment: { ...process.env, MYSQL_PWD: decodeURIComponent(url.password) },
    database: url.pathname.slice(1),
  }));
  if (source === undefined || target === undefined) throw new Error('no address');
  const options = [...source.options, '--single-transaction', source.database, ...TABLES];
  const reading = spawn('mariadb-dump', options, {
    env: source.environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const writing = spawn('mariadb', [...target.options, target.database], {
    env: target.environment,
    stdio: [reading.stdout, 'ignore', 'inherit'],
  });
  const codes = await Promise.all(
    [reading, writing].map(
      (child) =>
        new Promise((resolve, reject) => {
          child.once('error', reject);
          child.once('exit', resolve);
        }),
    ),
  );
  if (codes.some((code) => code !== 0)) throw new Error(`mariadb-dump | mariadb exited with ${codes.join()}`);
}

/** Returns the size of the store's tables and indexes in bytes. */
async function storeBytes(store: Connection): Promise<number> {
  await store.query(`ANALYZE TABLE ${STORE_TABLES.join(', ')}`);
  const [rows] = await store.query<RowDataPacket[]>(
    `SELECT SUM(data_length + index_length) AS bytes FROM information_schema.tables
     WHERE table_schema = DATABASE() AND table_name IN (?)`,
    [STORE_TABLES],
  );
  return Number(rows[0]?.['bytes']);
}
