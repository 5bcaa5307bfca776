import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_TIMEOUTS } from '../support/time/timeouts.js';
import { debianPrograms } from '../support/process/debian.js';
import { FakeKeystone } from '../support/keystone/fake.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import type { Environment } from '../support/process/process.js';
import { migrateOwnStore } from '../support/databases/own-store.js';
import { createSqlite } from '../support/databases/stores.js';
import { fillWithFixture } from '../support/databases/recorded-store.js';
import { run } from '../support/process/run.js';
import { type Fault, type LoadOptions, type Outcome, underLoad } from './support/load.js';
import { keystoneUnavailable, storeUnavailable, unauthenticated } from './support/refusals.js';
import { reportOutcome } from './support/report.js';
import { RecordedCloud } from './support/recorded-cloud.js';
import { FaultedService, startKeystoneWithPersonas } from './support/service.js';
import { closeAfterAll } from '../support/close-after-all.js';

/**
 * The clock settings of the tests. Each has its offset from the real time twice: in seconds, in the format of
 * libfaketime, and in milliseconds.
 */
const CLOCKS = {
  correct: ['+0', 0],
  ahead: ['+86400', 86_400_000],
  behind: ['-86400', -86_400_000],
} as const;
type Clock = keyof typeof CLOCKS;

const keep = closeAfterAll();

const keystone = keep(new FakeKeystone());
let folder: string;
let database: PrivateMariaDb;
let databaseUrl: string;
let service: FaultedService;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clock-'));
  keep(() => rm(folder, { recursive: true }));
  database = keep(await privateMariaDb());
  databaseUrl = await database.createDatabase('faults');
  await fillWithFixture(databaseUrl);
});

beforeEach(() => setClock('correct'));

function setClock(clock: Clock): Promise<void> {
  return writeFile(join(folder, 'clock'), CLOCKS[clock][0]);
}

async function fakeClock(): Promise<Environment> {
  await debianPrograms('faketime');
  const { out } = await run('dpkg', ['-L', 'libfaketime']);
  const library = out.split('\n').find((path) => path.endsWith('/libfaketimeMT.so.1'));
  if (library === undefined || !existsSync(library))
    throw new Error('the Debian package libfaketime does not contain libfaketimeMT.so.1');
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: join(folder, 'clock'),
    FAKETIME_NO_CACHE: '1',
    // libfaketime changes only the system clock, because a real change of the system clock does not affect the
    // monotonic clock either.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

/**
 * Returns the difference between the service's clock and the real time, in milliseconds. The `Date` header has the
 * service's time.
 */
async function offset(): Promise<number> {
  const answer = await fetch(service.url);
  await answer.text();
  return Date.parse(answer.headers.get('date') ?? '') - Date.now();
}

function load(fault: Fault, options: LoadOptions): Promise<Outcome> {
  return underLoad(service.url, fault, options);
}

/**
 * Returns a fault that sets the clock to each of the given settings, one after the other, and then to the correct time.
 */
function changeClock(clocks: readonly Clock[]): Fault {
  return {
    begin: async () => {
      for (const clock of clocks) {
        await setClock(clock);
        await sleep(1_500);
        // Node updates the `Date` header only about once a second, so the offset is read after 1.5 s.
        expect(Math.abs((await offset()) - CLOCKS[clock][1])).toBeLessThan(10_000);
      }
    },
    lasts: 0,
    end: () => setClock('correct'),
  };
}

describe('a change of the system clock', () => {
  afterEach(async () => {
    service.expectHealthy();
    await service.remove();
  });

  it('setting the clock forward and back by a day does not affect queries and their time limits', async () => {
    service = await FaultedService.start({
      DATABASE_URL: databaseUrl,
      ...DEFAULT_TIMEOUTS,
      ...(await fakeClock()),
    });
    const outcome = await load(changeClock(['ahead', 'behind', 'ahead', 'correct', 'behind']), {
      refusals: [storeUnavailable],
    });
    // On a busy machine some queries may time out, so a few errors are accepted. If a change of the clock ended time
    // limits early, every caller would get an error.
    expect(outcome.refused).toBeLessThan(outcome.callers);
    reportOutcome('Clock set forward and back by a day', outcome);
  });

  it('setting the system clock while the database hangs does not affect the time limit', async () => {
    service = await FaultedService.start({
      DATABASE_URL: databaseUrl,
      ...DEFAULT_TIMEOUTS,
      ...(await fakeClock()),
    });
    const outcome = await load(
      {
        begin: async () => {
          database.pause();
          await setClock('behind');
        },
        lasts: 3_000,
        end: async () => {
          database.resume();
          await setClock('correct');
        },
      },
      { refusals: [storeUnavailable] },
    );
    expect(outcome.refused).toBeGreaterThan(0);
    reportOutcome('Clock set back by a day while MariaDB is stopped', outcome);
  });

  it('a wrong clock makes Keystone tokens expire early, until the clock is correct again', async () => {
    service = await FaultedService.start({
      DATABASE_URL: databaseUrl,
      ...DEFAULT_TIMEOUTS,
      ...(await startKeystoneWithPersonas(keystone)),
      ...(await fakeClock()),
    });
    const outcome = await load(changeClock(['ahead', 'behind', 'ahead']), {
      refusals: [unauthenticated, keystoneUnavailable, storeUnavailable],
    });
    expect(outcome.refused).toBeGreaterThan(0);
    reportOutcome('Clock set forward and back by a day, with Keystone tokens', outcome);
  });
});

describe('a change of the system clock of a recorder', () => {
  it('a recorder loses no rows while its clock is set forward and back by a day, and the times of the record never go backwards', async () => {
    const cloud = keep(await RecordedCloud.create(database, 'a change of the clock'));
    const { url } = keep(await createSqlite());
    await migrateOwnStore(url);
    const recorder = await cloud.record(url, { environment: await fakeClock() });
    await cloud.interrupted("Recorder's clock set forward and back by a day", url, {
      begin: async () => {
        await setClock('ahead');
        await cloud.live(0.25);
        await setClock('behind');
      },
      end: () => setClock('correct'),
    });
    expect(recorder.output).not.toMatch(/unhandled|uncaught/i);
  });
});
