import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type Connection, createConnection } from 'mysql2/promise';
import { NovaCells } from '../../src/database/cells/nova-cells.js';
import type { Entry } from '../../src/ledger/record/entry.js';
import { Recorder } from '../../src/recorder/cells/recorder.js';
import { RECORDER_TIMES, type RecorderTimes } from '../../src/recorder/recorder-times.js';
import { TABLES } from '../support/databases/own-store.js';
import { PastCells } from '../support/recorder/past-cells.js';
import { until } from '../support/time/until.js';

const TIMES: RecorderTimes = {
  ...RECORDER_TIMES,
  ...{ interval: 50, cellsInterval: 100, leaseInterval: 100, pastShare: 100 },
};

describe('the recorder', () => {
  let databases: PastCells;
  let cells: NovaCells;
  let cell1: Connection;
  let api: Connection;
  let running: Recorder[] = [];

  beforeAll(async () => {
    databases = await PastCells.create();
    cells = await NovaCells.open({ NOVA_API_DATABASE_URL: databases.nova.apiUrl }, TABLES, {
      maxConnections: 2,
    });
    cell1 = await createConnection(databases.nova.adminUrl('cell1'));
    api = await createConnection(databases.nova.adminUrl('nova_api'));
  });

  afterEach(async () => {
    await Promise.all(running.map((one) => one.stop()));
    running = [];
  });

  afterAll(async () => {
    await Promise.all([cell1.end(), api.end()]);
    await cells.close();
    await databases.close();
  });

  async function start(): Promise<Recorder> {
    const recorder = new Recorder(cells, databases.store, TIMES);
    running.push(recorder);
    await recorder.start();
    return recorder;
  }

  /** Adds a server with an action to cell1. @returns the UUID of the server */
  async function addServer(): Promise<string> {
    const uuid = randomUUID();
    await cell1.query('INSERT INTO instances SET ?', [{ uuid, project_id: 'p1', deleted: 0 }]);
    const action = { instance_uuid: uuid, action: 'create', request_id: `req-${randomUUID()}`, deleted: 0 };
    await cell1.query('INSERT INTO instance_actions SET ?', [action]);
    return uuid;
  }

  const actionsOf = async (uuid: string): Promise<Entry[]> =>
    (await databases.entries('action')).filter(({ serverUuid }) => serverUuid === uuid);

  const isRecorded = (uuid: string): Promise<void> =>
    until(async () => (await actionsOf(uuid)).length > 0, `the action of the server ${uuid} is recorded`);

  const cellEntries = async (): Promise<string[]> =>
    (await databases.entries('cell')).map((entry) =>
      entry.kind === 'cell' ? `${entry.body.name ?? ''} ${entry.body.state}` : '',
    );

  const holders = async (): Promise<number> =>
    (
      await databases.stored(
        "SELECT name FROM nova_action_log_leases WHERE name LIKE 'record:%' AND holder <> ''",
      )
    ).length;

  it('records the old and the new rows of all cells, and releases the leases when it stops', async () => {
    const old = await addServer();
    const recorder = await start();
    await isRecorded(old);
    await isRecorded(await addServer());
    await until(async () => (await holders()) === 3, 'the recorder holds all three cells');
    expect((await cellEntries()).sort()).toEqual(['cell0 began', 'cell1 began', 'cell2 began']);
    await recorder.stop();
    expect(await holders()).toBe(0);
  });

  it('records a cell in only one process at a time, and another process takes over', async () => {
    const first = await start();
    await isRecorded(await addServer());
    await start();
    const both = await addServer();
    await isRecorded(both);
    await first.stop();
    const after = await addServer();
    await isRecorded(after);
    for (const uuid of [both, after]) expect(await actionsOf(uuid)).toHaveLength(1);
  });

  it('records each row once if a process loses its leases while it records', async () => {
    await start();
    await start();
    const added: string[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      await databases.store.write((manager) =>
        manager.query("UPDATE nova_action_log_leases SET token = token + 1, held_until = '2001-01-01'"),
      );
      added.push(await addServer());
      await isRecorded(added.at(-1) ?? '');
    }
    for (const uuid of added) expect(await actionsOf(uuid)).toHaveLength(1);
    const positions = (await databases.entries()).map(({ position }) => position);
    expect(positions).toEqual(positions.map((_, index) => index + 1));
  });

  it('stops recording a cell that Nova removes, and resumes when Nova has the cell again', async () => {
    await start();
    await isRecorded(await addServer());
    const select = "SELECT * FROM cell_mappings WHERE name = 'cell1'";
    const [[mapping]] = (await api.query(select)) as unknown as [[object]];
    await api.query("DELETE FROM cell_mappings WHERE name = 'cell1'");
    await until(async () => (await cellEntries()).at(-1) === 'cell1 closed', 'the cell is closed');
    const missed = await addServer();
    await api.query('INSERT INTO cell_mappings SET ?', [mapping]);
    await isRecorded(missed);
    expect((await cellEntries()).slice(-2)).toEqual(['cell1 closed', 'cell1 resumed']);
  });

  it('records a database once if two cells have the same database', async () => {
    await start();
    await isRecorded(await addServer());
    const double = `INSERT INTO cell_mappings (uuid, name, database_connection)
      SELECT ?, 'double', database_connection FROM cell_mappings WHERE name = 'cell1'`;
    await api.query(double, [randomUUID()]);
    const listed = async (): Promise<boolean> => (await cells.list(performance.now() + 60_000)).length === 4;
    await until(listed, 'the service lists the second cell');
    const uuid = await addServer();
    await isRecorded(uuid);
    expect(await actionsOf(uuid)).toHaveLength(1);
    expect((await cellEntries()).some((text) => text.startsWith('double'))).toBe(false);
    await api.query("DELETE FROM cell_mappings WHERE name = 'double'");
  });
});
