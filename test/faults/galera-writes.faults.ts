import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { EntityManager } from 'typeorm';
import { parseMysqlUrl } from '../../src/config/addresses/mysql-address.js';
import { type Database, DatabaseUnavailable } from '../../src/database/connection/database.js';
import { mysqlDatabase } from '../../src/database/connection/mysql-database.js';
import { type HeldLease, Lease, LeaseLost, onDatabase } from '../../src/database/own-store/lease.js';
import { holdLease } from '../support/databases/holding-process.js';
import {
  migrateOwnStore,
  ownStore,
  ownStoreOnHost,
  writableOwnStoreOnHost,
} from '../support/databases/own-store.js';
import { LogClient } from '../support/action-log/log-client.js';
import { startLogService } from '../support/action-log/log-service.js';
import { mariaDb } from '../support/databases/mariadb.js';
import { testSeed } from '../support/random.js';
import { until } from '../support/time/until.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { GaleraCluster } from './support/galera.js';
import { RecordedCloud } from './support/recorded-cloud.js';
import {
  addEvent,
  expectRecorded,
  finishAction,
  recordAction,
  type RecordedAction,
} from './support/recorded-on-galera.js';
import { expectEqualSearches } from './support/searched-galera.js';

/** Returns a deadline one minute from now, which is enough on a busy machine. */
const patient = (): { deadline: number } => ({ deadline: performance.now() + 60_000 });

const insert = (manager: EntityManager, n: number): Promise<unknown> =>
  manager.query('INSERT INTO counter (n) VALUES (?)', [n]);

/** Returns a promise, and the function with which the test resolves the promise. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

const keep = closeAfterAll();

let cluster: GaleraCluster;
/** One database object of the service for each node. It connects only to this node. */
let databases: readonly Database[];
/** A connection to node 2 that does not use the code under test. */
let witness: Connection;
let held: HeldLease[];

const databaseOn = (url: string): Database =>
  mysqlDatabase('test', 'test', parseMysqlUrl(url), ownStoreOnHost, writableOwnStoreOnHost);
const urlOf = (index: number): string => `${cluster.node(index).url}actions`;

function node(index: number): Database {
  const database = databases[index];
  if (database === undefined) throw new Error(`node ${index} does not exist`);
  return database;
}

async function take(index: number, name = 'counting'): Promise<HeldLease | undefined> {
  const taken = await new Lease(name, onDatabase(node(index))).acquire();
  if (taken !== undefined) held.push(taken);
  return taken;
}

/** Waits until no other process holds the lease on the node, and then acquires it. */
async function taken(index: number): Promise<HeldLease> {
  let found: HeldLease | undefined;
  await until(async () => (found = await take(index)) !== undefined, `the lease is taken on node ${index}`);
  if (found === undefined) throw new Error('the lease was not taken');
  return found;
}

async function numbers(): Promise<number[]> {
  // With this setting, the node applies all transactions that other nodes have committed before it reads.
  await witness.query('SET SESSION wsrep_sync_wait = 1');
  const [rows] = await witness.query<RowDataPacket[]>('SELECT n FROM counter ORDER BY n');
  return rows.map((row) => Number(row['n']));
}

/** Makes the lease expire, as it would if its holder no longer renewed it. */
const expire = (): Promise<unknown> =>
  witness.query("UPDATE nova_action_log_leases SET held_until = '2001-01-01'");

beforeAll(async () => {
  cluster = await GaleraCluster.create(3);
  const connection = await createConnection(cluster.node(0).url);
  await connection.query('CREATE DATABASE actions CHARACTER SET utf8mb4');
  await connection.end();
  witness = await createConnection(urlOf(2));
  await witness.query('CREATE TABLE counter (n integer PRIMARY KEY)');
  const source = await ownStore(urlOf(2)).initialize();
  await Lease.prepare(source);
  await source.destroy();
});

beforeEach(async () => {
  held = [];
  databases = [0, 1].map((index) => databaseOn(urlOf(index)));
  await witness.query('DELETE FROM counter');
  await witness.query('DELETE FROM nova_action_log_leases');
});

afterEach(async () => {
  await Promise.all(held.map((one) => one.release().catch(() => undefined)));
  await Promise.all(databases.map((one) => one.close()));
});

afterAll(async () => {
  await witness.end();
  await cluster.stop();
});

describe('a transaction on Galera', () => {
  it('a transaction on Galera runs again if another node first committed a change of the same row', async () => {
    await node(0).write((manager) => insert(manager, 0), patient());
    expect(await numbers()).toEqual([0]);
    const [first, second] = [gate(), gate()];
    let runs = 0;
    const increment = (own: typeof first, other: typeof first) => async (manager: EntityManager) => {
      runs += 1;
      await manager.query('UPDATE counter SET n = n + 1');
      own.open();
      await other.opened;
    };
    await Promise.all([
      node(0).write(increment(first, second), patient()),
      node(1).write(increment(second, first), patient()),
    ]);
    expect(await numbers()).toEqual([2]);
    expect(runs).toBe(3);
  });

  it('a transaction on Galera is committed on the next node if the first one is isolated from the cluster', async () => {
    const both = databaseOn(cluster.url('actions'));
    await cluster.isolate(0, true);
    await both.write((manager) => insert(manager, 1), patient());
    expect(await numbers()).toEqual([1]);
    await both.close();
    await cluster.isolate(0, false);
    await node(0).write((manager) => insert(manager, 2), patient());
    expect(await numbers()).toEqual([1, 2]);
  });

  it('a transaction on Galera is rolled back if its node is killed, and runs again only if it is declared idempotent', async () => {
    const all = databaseOn(cluster.url('actions'));
    let runs = 0;
    const killedOnce = async (manager: EntityManager): Promise<void> => {
      runs += 1;
      await insert(manager, 1);
      if (runs === 1) await cluster.node(0).kill();
      await manager.query('SELECT 1');
    };
    await expect(all.write(killedOnce, patient())).rejects.toBeInstanceOf(DatabaseUnavailable);
    expect(runs).toBe(1);
    expect(await numbers()).toEqual([]);
    await cluster.start(0);
    runs = 0;
    await all.close();
    const again = databaseOn(cluster.url('actions'));
    await again.write(killedOnce, { ...patient(), isIdempotent: true });
    expect(runs).toBe(2);
    expect(await numbers()).toEqual([1]);
    await again.close();
    await cluster.start(0);
  });
});

describe('a lease on Galera', () => {
  it('only one of two processes acquires a lease on Galera if both try at the same time on different nodes', async () => {
    for (let round = 0; round < 20; round += 1) {
      const pair = await Promise.all([0, 1].map((index) => take(index, `round ${round}`)));
      expect(pair.filter((one) => one !== undefined)).toHaveLength(1);
    }
  });

  it('after kill -9 of the holder, a lease on Galera stays held until it expires, and can then be acquired on another node', async () => {
    const kill = await holdLease(urlOf(0), 'counting');
    await kill();
    expect(await take(1)).toBeUndefined();
    await expire();
    await taken(1);
  });

  it('a transaction on Galera that needs a lease fails if a process on another node acquired the lease after the transaction started', async () => {
    const stalled = await taken(0);
    const [fenced, passed] = [gate(), gate()];
    const late = node(0).write(async (manager) => {
      await insert(manager, 1);
      await stalled.fence(manager);
      fenced.open();
      await passed.opened;
    }, patient());
    const refused = expect(late).rejects.toBeInstanceOf(LeaseLost);
    await fenced.opened;
    await expire();
    const next = await taken(1);
    passed.open();
    await refused;
    await node(1).write(async (manager) => {
      await insert(manager, 2);
      await next.fence(manager);
    }, patient());
    expect(await numbers()).toEqual([2]);
  });

  it('a lease on Galera can be acquired on another node if the holder’s node is isolated; the old holder cannot write once that node is back', async () => {
    const cutOff = await taken(0);
    await cluster.isolate(0, true);
    const fencedInsert = (): Promise<void> =>
      node(0).write(
        async (manager) => {
          await insert(manager, 1);
          await cutOff.fence(manager);
        },
        { deadline: performance.now() + 5_000 },
      );
    await expect(fencedInsert()).rejects.toBeInstanceOf(DatabaseUnavailable);
    await expire();
    const next = await taken(1);
    await cluster.isolate(0, false);
    await until(() => node(0).isUp(), 'node 0 is up');
    await expect(fencedInsert()).rejects.toBeInstanceOf(LeaseLost);
    await next.confirm();
    expect(await numbers()).toEqual([]);
  });
});

describe('two recorders with a store on Galera', () => {
  it('two recorders on different nodes lose no rows and give each position once while one node is killed and joins again', async () => {
    const cloud = keep(await RecordedCloud.create(await mariaDb(), 'a store on Galera'));
    await witness.query('CREATE DATABASE record CHARACTER SET utf8mb4');
    const storeUrl = `${cluster.node(2).url}record`;
    await migrateOwnStore(storeUrl);
    const [first = '', second = '', third = ''] = cluster.nodes.map((one) => new URL(one.url).host);
    const url = cluster.url('record');
    await cloud.record(url);
    await cloud.record(url.replace([first, second, third].join(), [second, third, first].join()));
    await cloud.interrupted(
      'Two recorders on Galera with three nodes: a node killed and restarted',
      storeUrl,
      {
        begin: () => cluster.node(0).kill(),
        end: () => cluster.start(0),
      },
    );
  });
});

describe('the log of all servers with a store on Galera', () => {
  /** Starts a service on a store. @returns a client of the service */
  async function clientOf(DATABASE_URL: string): Promise<LogClient> {
    return LogClient.of(keep(await startLogService({ DATABASE_URL })));
  }

  it('random searches on three nodes of a Galera cluster find the same actions as the rows', async () => {
    await witness.query('CREATE DATABASE searched CHARACTER SET utf8mb4');
    const urls = cluster.nodes.map(({ url }) => `${url}searched`);
    await expectEqualSearches(urls, 50, testSeed('searches on Galera'));
  });

  it('two services on different nodes of a Galera cluster record the same actions at the same time as one service', async () => {
    await witness.query('CREATE DATABASE races CHARACTER SET utf8mb4');
    const urls = cluster.nodes.map(({ url }) => `${url}races`);
    const clients = [await clientOf(urls[0] ?? ''), await clientOf(urls[1] ?? '')];
    const ids = Array.from({ length: 20 }, (_value, index) => `race ${index}`);
    for (const id of ids) {
      const both = await Promise.all(clients.map((client) => recordAction(client, id)));
      expect(both[1]).toEqual(both[0]);
      const action = both[0] as RecordedAction;
      await Promise.all(clients.map((client, index) => addEvent(client, action, `check ${index}`)));
      await Promise.all(clients.map((client) => finishAction(client, action)));
    }
    await expectRecorded(urls[2] ?? '', ids, 3);
  });

  it('a service with a store on Galera records each action once while its node is killed', async () => {
    await witness.query('CREATE DATABASE recorded CHARACTER SET utf8mb4');
    const client = await clientOf(cluster.url('recorded'));
    const ids: string[] = [];
    const record = async (count: number): Promise<void> => {
      const added = Array.from({ length: count }, (_value, index) => `action ${ids.length + index}`);
      ids.push(...added);
      await Promise.all(added.map(async (id) => finishAction(client, await recordAction(client, id))));
    };
    await record(10);
    const whileKilled = record(20);
    await cluster.node(0).kill();
    await whileKilled;
    await record(10);
    await expectRecorded(`${cluster.node(1).url}recorded`, ids, 1);
  });
});
