import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { DEFAULT_TIMEOUTS } from '../support/time/timeouts.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { fillWithFixture } from '../support/databases/recorded-store.js';
import { until } from '../support/time/until.js';
import { type Fault, type LoadOptions, type Outcome, underLoad } from './support/load.js';
import { storeUnavailable } from './support/refusals.js';
import { reportOutcome } from './support/report.js';
import { FaultedService } from './support/service.js';
import { closeAfterAll } from '../support/close-after-all.js';

let database: PrivateMariaDb;
let databaseUrl: string;
let service: FaultedService;

const keep = closeAfterAll();

beforeAll(async () => {
  database = keep(await privateMariaDb());
  databaseUrl = await database.createDatabase('faults');
  await fillWithFixture(databaseUrl);
  service = keep(await FaultedService.start({ DATABASE_URL: databaseUrl, ...DEFAULT_TIMEOUTS }));
});

afterEach(() => {
  service.expectHealthy();
});

function load(fault: Fault, options: LoadOptions = {}): Promise<Outcome> {
  return underLoad(service.url, fault, { refusals: [storeUnavailable], ...options });
}

describe('MariaDB under load', () => {
  it('callers get correct responses or 503 while MariaDB is killed and started again', async () => {
    const outcome = await load({
      begin: () => database.kill(),
      lasts: 1_000,
      end: () => database.start(),
    });
    expect(outcome.refused).toBeGreaterThan(0);
    reportOutcome('MariaDB killed (`kill -9`) and started again', outcome);
  });

  it('callers get correct responses or 503 while MariaDB is stopped by SIGSTOP', async () => {
    const outcome = await load({
      begin: () => {
        database.pause();
      },
      lasts: 3_000,
      end: () => {
        database.resume();
      },
    });
    expect(outcome.refused).toBeGreaterThan(0);
    reportOutcome('MariaDB stopped (SIGSTOP) and continued', outcome);
  });
});

describe('connections to MariaDB under load', () => {
  let other: Connection;

  const keep = closeAfterAll();

  beforeAll(async () => {
    other = keep(await createConnection(databaseUrl));
  });

  it('callers get correct responses or 503 while connections to MariaDB are killed repeatedly', async () => {
    let cut = 0;
    const cutAll = async (): Promise<void> => {
      for (const id of await connectionsOfService(other)) {
        // KILL fails if the connection has closed in the meantime.
        await other.query(`KILL ${id}`).catch(() => undefined);
        cut += 1;
      }
    };
    let isOver = false;
    let cutting = Promise.resolve();
    const outcome = await load({
      begin: () => {
        cutting = (async () => {
          while (!isOver) {
            await cutAll();
            await sleep(300);
          }
        })();
      },
      lasts: 3_000,
      end: () => {
        isOver = true;
        return cutting;
      },
    });
    expect(cut).toBeGreaterThan(10);
    reportOutcome('All connections to MariaDB closed (`KILL`) every 300 ms', outcome);
  });

  it('callers get correct responses or 503 while blocked queries use all connections to MariaDB', async () => {
    const outcome = await load(
      {
        begin: async () => {
          await other.query('LOCK TABLES instance_actions WRITE');
          await until(async () => (await waiting(other)) >= 10, 'blocked queries use all connections');
        },
        lasts: 3_000,
        end: () => other.query('UNLOCK TABLES'),
      },
      { callers: 60 },
    );
    expect(outcome.refused).toBeGreaterThan(0);
    reportOutcome('All connections used by blocked queries (`LOCK TABLES`)', outcome);
  });
});

interface ProcessRow {
  readonly Id: number;
  readonly State: string | null;
}

async function processes(connection: Connection): Promise<readonly ProcessRow[]> {
  const [rows] = await connection.query('SHOW PROCESSLIST');
  const all = rows as ProcessRow[];
  return all.filter(({ Id }) => Id !== connection.threadId);
}

async function connectionsOfService(connection: Connection): Promise<readonly number[]> {
  return (await processes(connection)).map(({ Id }) => Id);
}

async function waiting(connection: Connection): Promise<number> {
  return (await processes(connection)).filter(({ State }) => State?.includes('lock')).length;
}
