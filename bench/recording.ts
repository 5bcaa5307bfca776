import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MariaDbServer } from '../test/support/databases/mariadb.js';
import { fillStore } from '../test/support/databases/stores.js';
import { ProbedProcess } from './subject.js';

/** The load of the measurement. */
export interface RecordingLoad {
  readonly connections: number;
  /** The duration of the recording, in seconds. */
  readonly seconds: number;
  /** The number of lines of the import. */
  readonly lines: number;
}

/** The number of actions in a request, and of events of each action. */
const BATCH = 10;
const EVENTS = 2;

const SERVERS = Array.from({ length: 1_000 }, () => randomUUID());
const LOG = '/action-log/v1/actions';
const TOKEN = 'token-of-the-service';
const CALLER = { user_id: 'service', project_id: 'bench', roles: ['service'] };

/**
 * Measures how many actions a second a service records over HTTP, and imports, and the CPU time of the service and its
 * database for each action.
 *
 * @param databaseTime returns the CPU time of the database, in microseconds
 */
export async function measureRecording(
  server: MariaDbServer,
  databaseTime: () => number,
  { connections, seconds, lines }: RecordingLoad,
  profiles: string,
): Promise<string> {
  const url = await server.createDatabase('recording');
  await fillStore(url, {});
  const folder = await mkdtemp(join(tmpdir(), 'recording-'));
  const tokens = join(folder, 'tokens.json');
  await writeFile(tokens, JSON.stringify({ [TOKEN]: CALLER }));
  const environment = { DATABASE_URL: url, TOKENS_FILE: tokens, BENCH_PROFILES: profiles };
  const service = await ProbedProcess.service('the service', environment);
  const measure = async (what: string, work: () => Promise<number>): Promise<string> => {
    const [{ busy }, database, start] = [await service.health(), databaseTime(), performance.now()];
    const actions = await work();
    const elapsed = performance.now() - start;
    const each = (microseconds: number): string => `${(microseconds / actions).toFixed(0)} µs`;
    const service2 = await service.health();
    const rate = ((actions / elapsed) * 1_000).toFixed(0);
    return (
      `${what}: ${rate} actions/s; CPU time for an action: service ${each(service2.busy - busy)}, ` +
      `database ${each(databaseTime() - database)}; memory of the service ${service2.memory.toFixed(0)} MiB`
    );
  };
  try {
    return [
      await measure(`batches of ${BATCH} over ${connections} connections`, () =>
        record(service.url, connections, seconds),
      ),
      await measure(`import of ${lines} lines`, () => importLines(service.url, lines)),
    ].join('\n');
  } finally {
    await service.stop();
    await rm(folder, { recursive: true });
  }
}

/** Records actions for some seconds. @returns their number */
async function record(url: string, connections: number, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  let recorded = 0;
  const work = async (): Promise<void> => {
    while (performance.now() < end) {
      const actions = Array.from({ length: BATCH }, newAction);
      await post(`${url}${LOG}`, 'application/json', JSON.stringify({ actions }));
      recorded += BATCH;
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  return recorded;
}

async function importLines(url: string, lines: number): Promise<number> {
  await post(`${url}${LOG}:import?import=bench`, 'application/x-ndjson', ReadableStream.from(linesOf(lines)));
  return lines;
}

async function post(url: string, type: string, body: string | ReadableStream): Promise<void> {
  const headers = { 'X-Auth-Token': TOKEN, 'Content-Type': type };
  const response = await fetch(url, { method: 'POST', headers, body, duplex: 'half' });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
}

function newAction(): object {
  const events = Array.from({ length: EVENTS }, (_value, index) => ({
    ...{ event: `step_${index}`, host: 'host-1', start_time: now(), finish_time: now(), result: 'Success' },
  }));
  const server = { id: serverAt(Math.random() * SERVERS.length), project_id: 'bench' };
  return { external_id: randomUUID(), action: 'rebuild', user_id: 'user', server, status: 'success', events };
}

/** Returns the lines of an export, some hundred at once. */
function* linesOf(count: number): Generator<Uint8Array, void> {
  const encoder = new TextEncoder();
  const events = Array.from({ length: EVENTS }, (_value, index) => ({
    ...{ id: index, event: `step_${index}`, host: 'host-1', start_time: now(), finish_time: now() },
    ...{ result: 'Success', traceback: null, details: null },
  }));
  for (let id = 0; id < count;) {
    let text = '';
    for (const end = Math.min(count, id + 200); id < end; id += 1) {
      const server_id = serverAt(id % SERVERS.length);
      const action = {
        ...{ id, server_id, project_id: 'bench', user_id: 'user', requester_project_id: 'bench' },
        ...{ request_id: `req-${id}`, action: 'rebuild', status: 'success', message: null },
        ...{ created_at: now(), started_at: now(), finished_at: now(), updated_at: now() },
        ...{ cell: 'cell1', external_id: null, epoch: 0, nova_id: id, events },
        server: { id: server_id, name: 'server', project_id: 'bench', user_id: 'user', created_at: now() },
      };
      text += `${JSON.stringify(action)}\n`;
    }
    yield encoder.encode(text);
  }
}

function serverAt(index: number): string {
  return SERVERS[Math.floor(index)] ?? '';
}

function now(): string {
  return new Date().toISOString();
}
