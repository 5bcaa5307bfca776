import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import { partsOf } from '../src/ledger/copy/copy-id.js';
import type { MariaDbServer } from '../test/support/databases/mariadb.js';
import { createNovaDatabases } from '../test/support/nova/databases.js';
import { WorkingFolder } from '../test/support/process/working-folder.js';
import { until } from '../test/support/time/until.js';
import type { CpuTime } from './record.js';
import { usageOf } from './process-tree.js';

/** The load: the number of actions per second, and the durations with and without load, in milliseconds. */
const RATE = 200;
const LOADED = 30_000;
const QUIET = 15_000;

/** The pause between two queries for new rows of the copy, in milliseconds. */
const QUERY_INTERVAL = 10;

/** The number of single changes of which the statements are counted. */
const CHANGES = 10;

/**
 * Measures the recorder while Nova writes: the delay from a commit to the copy, the statements on the store for one
 * change, the memory, and the CPU time of Nova's database without load.
 *
 * @param novaServer the server of Nova's databases
 * @param databaseTime the CPU time of that server
 * @param storeServer another server, for the store
 */
export async function measureFollowing(
  novaServer: MariaDbServer,
  databaseTime: CpuTime,
  storeServer: MariaDbServer,
): Promise<string> {
  const nova = await createNovaDatabases(novaServer, { connectAs: 'recorder' });
  const storeUrl = await storeServer.createDatabase('record');
  const workplace = await WorkingFolder.create();
  const environment = { NOVA_API_DATABASE_URL: nova.apiUrl, DATABASE_URL: storeUrl };
  const recorder = workplace.launch(environment, { program: 'record.js' });
  const connections = [
    await createConnection(nova.adminUrl('cell1')),
    await createConnection(storeUrl),
  ] as const;
  const [cell, store] = connections;
  try {
    await until(
      () => recorder.stdout.includes('nova-action-log records'),
      'the recorder has started',
      60_000,
    );
    await addServers(cell);
    await copied(store, await addAction(cell), performance.now());
    const busy = databaseTime();
    await sleep(QUIET);
    const quiet = (databaseTime() - busy) / (QUIET * 10);
    const statements: number[] = [];
    for (let change = 0; change < CHANGES; change += 1)
      statements.push(await statementsOfChange(cell, store));
    const delays = await delaysUnderLoad(cell, store);
    return [
      `${RATE} actions/s: visible after p50 ${at(delays, 0.5)} ms, p99 ${at(delays, 0.99)} ms`,
      `one change: ${at(statements, 0.5)} statements on the store`,
      `memory: ${usageOf([recorder.pid]).memory.toFixed(0)} MiB; two quiet cells: ${quiet.toFixed(2)} % of a core of MariaDB`,
    ].join('\n');
  } finally {
    for (const connection of connections) await connection.end();
    await workplace.remove();
    await nova.remove();
    await storeServer.dropDatabase(storeUrl);
  }
}

/** The servers whose actions the measurement adds. */
const SERVERS = Array.from({ length: 100 }, () => randomUUID());

async function addServers(cell: Connection): Promise<void> {
  const rows = SERVERS.map((uuid) => [uuid, 'project', 'server', '2026-01-01', 0]);
  await cell.query('INSERT INTO instances (uuid, project_id, display_name, created_at, deleted) VALUES ?', [
    rows,
  ]);
}

/** Adds an action of any server with an event, and returns its id. */
async function addAction(cell: Connection): Promise<number> {
  const times = { created_at: '2026-01-01', start_time: '2026-01-01', finish_time: '2026-01-01', deleted: 0 };
  const action = {
    ...times,
    action: 'reboot',
    instance_uuid: SERVERS[randomInt(SERVERS.length)],
    request_id: `req-${randomUUID()}`,
  };
  await cell.beginTransaction();
  const [{ insertId }] = await cell.query<ResultSetHeader>('INSERT INTO instance_actions SET ?', [action]);
  const event = { ...times, event: 'compute_reboot_instance', action_id: insertId, result: 'Success' };
  await cell.query('INSERT INTO instance_actions_events SET ?', [event]);
  await cell.commit();
  return insertId;
}

/** Waits until the copy has an action. @returns the time since its commit, in milliseconds */
async function copied(store: Connection, id: number, committedAt: number): Promise<number> {
  while ((await newest(store)) < id) await sleep(QUERY_INTERVAL);
  return performance.now() - committedAt;
}

/** Returns Nova's id of the newest action in the copy; 0 if there is none. */
async function newest(store: Connection): Promise<number> {
  const [rows] = await store.query<RowDataPacket[]>('SELECT MAX(id) AS id FROM copied_instance_actions');
  return partsOf(Number(rows[0]?.['id'])).id;
}

/** Counts the statements on the store for one change: those in two seconds, less those in two seconds without it. */
async function statementsOfChange(cell: Connection, store: Connection): Promise<number> {
  const count = async (): Promise<number> => {
    const [rows] = await store.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Questions'");
    return Number(rows[0]?.['Value']);
  };
  const counts = [await count()];
  for (const isQuiet of [true, false]) {
    if (!isQuiet) await addAction(cell);
    await sleep(2_000);
    counts.push(await count());
  }
  const [first = 0, second = 0, third = 0] = counts;
  return third - second - (second - first);
}

/** @returns the times from each commit to the copy, in milliseconds */
async function delaysUnderLoad(cell: Connection, store: Connection): Promise<number[]> {
  const waiting: { id: number; committedAt: number }[] = [];
  const delays: number[] = [];
  const startedAt = performance.now();
  let isWriting = true;
  const write = async (): Promise<void> => {
    for (let action = 0; action < (RATE * LOADED) / 1_000; action += 1) {
      const due = startedAt + (action * 1_000) / RATE;
      if (due > performance.now()) await sleep(due - performance.now());
      const id = await addAction(cell);
      waiting.push({ id, committedAt: performance.now() });
    }
    isWriting = false;
  };
  const watch = async (): Promise<void> => {
    while (isWriting || waiting.length > 0) {
      const highest = await newest(store);
      while (waiting[0] !== undefined && waiting[0].id <= highest)
        delays.push(performance.now() - (waiting.shift()?.committedAt ?? 0));
      await sleep(QUERY_INTERVAL);
    }
  };
  await Promise.all([write(), watch()]);
  return delays;
}

function at(values: readonly number[], share: number): string {
  const sorted = values.toSorted((one, other) => one - other);
  return (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(0);
}
