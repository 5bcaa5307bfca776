import { spawn } from 'node:child_process';
import { PastWork } from '../src/recorder/past/past-work.js';
import { beginOrResume } from '../src/recorder/past/gaps.js';
import type { MariaDbServer } from '../test/support/databases/mariadb.js';
import { PastCells } from '../test/support/recorder/past-cells.js';
import { until } from '../test/support/time/until.js';
import { type CloudSize, fillMariaDb } from './rows.js';
import { usageOfChildren } from './process-tree.js';

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

/** A function that returns the CPU time that MariaDB has used, in microseconds. */
export type DatabaseTime = () => number;

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
 * @returns lines with both times, their ratio, and the size of the store
 */
export async function compareCopying(
  server: MariaDbServer,
  size: CloudSize,
  databaseTime: DatabaseTime,
): Promise<string> {
  const cells = await PastCells.create(server);
  try {
    const cell = cells.nova.adminUrl('cell1');
    await fillMariaDb(cell, size);
    const target = await server.createDatabase('dump');
    const dumped = await costOf(databaseTime, () => dump(cell, target));
    await server.dropDatabase(target);
    const context = await cells.context('cell1');
    const end = new AbortController();
    let work = Promise.resolve();
    const copied = await costOf(databaseTime, async () => {
      await beginOrResume(context);
      work = new PastWork(context).run(end.signal);
      const isDone = (): boolean => context.state.past.done >= context.state.past.total;
      await Promise.race([work, until(isDone, 'the past is copied', MAX_DURATION)]);
    });
    end.abort();
    await work;
    const actions = size.servers * size.actions;
    const ratio = (copied.duration / dumped.duration).toFixed(1);
    return [
      `copying ${actions.toLocaleString('en')} actions, ${((await storeBytes(cells)) / actions).toFixed(0)} bytes each: ratio ${ratio}`,
      `recorder: ${textOf(copied)}`,
      `mariadb-dump | mariadb: ${textOf(dumped)}`,
    ].join('\n');
  } finally {
    await cells.close();
  }
}

async function costOf(databaseTime: DatabaseTime, work: () => Promise<void>): Promise<Cost> {
  const startedAt = performance.now();
  const [database, client] = [databaseTime(), clientTime()];
  await work();
  return {
    duration: (performance.now() - startedAt) / 1e3,
    database: (databaseTime() - database) / 1e6,
    client: (clientTime() - client) / 1e6,
  };
}

/** Returns the CPU time of this process and of the programs that it has run, in microseconds. */
function clientTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system + usageOfChildren();
}

function textOf({ duration, database, client }: Cost): string {
  return `${duration.toFixed(1)} s, CPU: MariaDB ${database.toFixed(1)} s, clients ${client.toFixed(1)} s`;
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
async function storeBytes(cells: PastCells): Promise<number> {
  for (const table of STORE_TABLES) await cells.stored(`ANALYZE TABLE ${table}`);
  const [row] = await cells.stored(
    `SELECT SUM(data_length + index_length) AS bytes FROM information_schema.tables
     WHERE table_schema = DATABASE() AND table_name IN (?, ?, ?, ?)`,
    ...STORE_TABLES,
  );
  return Number(row?.['bytes']);
}
