import { beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { type MariaDbServer, mariaDb } from '../support/databases/mariadb.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { Relay } from '../support/http/relay.js';
import type { Environment, ServiceProcess } from '../support/process/process.js';
import { WorkingFolder } from '../support/process/working-folder.js';
import { RecordedStore } from '../support/recorder/recorded-store.js';
import { until } from '../support/time/until.js';

const SERVER = '11111111-1111-4111-8111-111111111111';

let nova: NovaDatabases;
let server: MariaDbServer;
let workplace: WorkingFolder;
/** The relay between the recorders and the database of cell2. */
let cell2: Relay;
const keep = closeAfterAll();

beforeAll(async () => {
  server = keep(await mariaDb());
  nova = keep(await createNovaDatabases(server, { connectAs: 'recorder' }));
  await nova.fill({ instances: [{ id: 1, uuid: SERVER, project_id: 'p', deleted: 0, cell: 'cell1' }] });
  cell2 = keep(await Relay.to(Number(new URL(server.url('')).port)));
  await mapTo(cell2);
  workplace = keep(await WorkingFolder.create());
});

/** Lets Nova's API database name the relay as the address of cell2. */
async function mapTo({ port, target }: Relay): Promise<void> {
  const connection = await createConnection(nova.adminUrl('nova_api'));
  await connection.query(
    "UPDATE cell_mappings SET database_connection = REPLACE(database_connection, ?, ?) WHERE name = 'cell2'",
    [`:${target}/`, `:${port}/`],
  );
  await connection.end();
}

async function newStore(): Promise<RecordedStore> {
  const url = await server.createDatabase('record');
  keep(() => server.dropDatabase(url));
  return keep(await RecordedStore.open(url));
}

/** Starts a recorder, and waits until it records. */
async function startRecorder(store: RecordedStore, more: Environment = {}): Promise<ServiceProcess> {
  const environment = { NOVA_API_DATABASE_URL: nova.apiUrl, DATABASE_URL: store.url, ...more };
  const recorder = workplace.launch(environment, { program: 'record.js' });
  await until(
    () => recorder.stdout.includes('nova-action-log records') || !recorder.isRunning,
    'the recorder has started',
  );
  expect(recorder.stderr).toBe('');
  return recorder;
}

/** Returns the number of sockets on which a process listens, according to /proc. */
function listeningSockets({ pid }: ServiceProcess): number {
  const LISTEN = '0A';
  const rows = ['tcp', 'tcp6'].flatMap((name) =>
    readFileSync(`/proc/${pid}/net/${name}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/)),
  );
  const inodes = new Set(rows.filter(([, , , state]) => state === LISTEN).map((row) => row[9]));
  const files = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  return files.filter((file) => inodes.has(/^socket:\[(\d+)\]$/.exec(file)?.[1])).length;
}

describe('the program record.js', () => {
  it('the recorder serves health checks and metrics on OPERATIONS_PORT, and no other path', async () => {
    const recorder = await startRecorder(await newStore(), { OPERATIONS_PORT: '0' });
    const url = await recorder.operationsUrl();
    const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
    await until(
      async () => (await metrics()).includes('nova_action_log_recorder_holds{cell="cell1"} 1\n'),
      'the metrics show that the recorder records the cell',
    );
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${url}/health/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { status: 'ok' }]);
    for (const path of [
      'v2.1',
      `v2.1/servers/${SERVER}/os-instance-actions`,
      'action-log/v1/recorder',
      'docs',
    ]) {
      expect([path, (await fetch(`${url}/${path}`)).status]).toEqual([path, 404]);
    }
    expect(listeningSockets(recorder)).toBe(1);
    recorder.signal('SIGTERM');
    expect([await recorder.exited(), recorder.stderr]).toEqual([0, '']);
  });

  it('the recorder listens on no port if OPERATIONS_PORT is not set, and releases its leases after SIGTERM', async () => {
    const store = await newStore();
    const recorder = await startRecorder(store);
    await until(
      async () => (await store.leases()).length === 3,
      'the recorder holds the leases of three cells',
    );
    expect(listeningSockets(recorder)).toBe(0);
    recorder.signal('SIGTERM');
    expect([await recorder.exited(), recorder.stderr]).toEqual([0, '']);
    expect(await store.leases()).toEqual([]);
  });

  it('the recorder stays ready while a cell is unreachable, and is not ready while its store is unreachable', async () => {
    const store = await newStore();
    const address = new URL(store.url);
    const relay = keep(await Relay.to(Number(address.port)));
    address.port = String(relay.port);
    const recorder = await startRecorder(store, { OPERATIONS_PORT: '0', DATABASE_URL: address.href });
    const url = await recorder.operationsUrl();
    const ready = async (status: number, details: object): Promise<void> => {
      let last: unknown;
      const isAsExpected = async (): Promise<boolean> => {
        const response = await fetch(`${url}/health/ready`);
        // `response.json()` makes objects with the prototypes of another realm, which are never deeply equal.
        last = [response.status, JSON.parse(await response.text())];
        return isDeepStrictEqual(last, [status, expectedBody(status, details)]);
      };
      await until(isAsExpected, 'the readiness check has the expected result', 60_000).catch(() => {
        expect(last).toEqual([status, expectedBody(status, details)]);
      });
    };
    const cells = Object.fromEntries(
      Object.values(nova.cells).map(({ uuid }) => [`cell ${uuid}`, { status: 'up' }]),
    );
    const unreachable = { [`cell ${nova.cells.cell2.uuid}`]: { status: 'degraded' } };
    const all = { api_database: { status: 'up' }, ...cells, database: { status: 'up' } };
    await ready(200, all);
    await cell2.refuse();
    await ready(200, { ...all, ...unreachable });
    await cell2.resume();
    await ready(200, all);
    await relay.refuse();
    await ready(503, { ...all, database: { status: 'down' } });
    await relay.resume();
    await ready(200, all);
    await recorder.kill();
  });

  it('another recorder takes over the cells of a suspended recorder, which writes nothing after it continues', async () => {
    const store = await newStore();
    const [first, second] = [
      await startRecorder(store, { OPERATIONS_PORT: '0' }),
      await startRecorder(store, { OPERATIONS_PORT: '0' }),
    ];
    await until(async () => (await store.leases()).length === 3, 'the leases of all cells are held');
    const { uuid } = nova.cells.cell1;
    const holderOf = async (): Promise<ServiceProcess> => ((await holds(first)) ? first : second);
    await until(async () => (await holds(first)) !== (await holds(second)), 'one recorder holds the cell');
    const holder = await holderOf();
    const other = holder === first ? second : first;
    holder.signal('SIGSTOP');
    await store.expireLease(`record:${uuid}`);
    await until(() => holds(other), 'the other recorder has taken over the cell');
    await nova.fill({ instance_actions: [actionOf(1)] });
    await until(async () => (await store.recordedActions()).length === 1, 'the new action is recorded');
    holder.signal('SIGCONT');
    await until(
      async () => !(await holds(holder)),
      'the suspended recorder has noticed that it lost the lease',
    );
    await nova.fill({ instance_actions: [actionOf(2)] });
    await until(async () => (await store.recordedActions()).length === 2, 'the second action is recorded');
    expect(await store.recordedActions()).toEqual([1, 2]);
    expect(await store.positionsWithoutEntry()).toBe(0);
    for (const recorder of [first, second]) recorder.signal('SIGTERM');
    expect([await first.exited(), await second.exited()]).toEqual([0, 0]);
  });
});

function expectedBody(status: number, details: object): object {
  const isDegraded = JSON.stringify(details).includes('degraded');
  return { status: status === 503 ? 'error' : isDegraded ? 'degraded' : 'ok', details };
}

/** Returns true if the metrics of a recorder show that it records cell1. */
async function holds(recorder: ServiceProcess): Promise<boolean> {
  const text = await (await fetch(`${await recorder.operationsUrl()}/metrics`)).text();
  return text.includes('nova_action_log_recorder_holds{cell="cell1"} 1\n');
}

function actionOf(id: number) {
  const time = '2026-11-01 10:00:00';
  return {
    ...{
      id,
      instance_uuid: SERVER,
      request_id: `req-${id}`,
      action: 'reboot',
      user_id: 'u',
      project_id: 'p',
    },
    ...{ start_time: time, created_at: time, deleted: 0, cell: 'cell1' },
  };
}
