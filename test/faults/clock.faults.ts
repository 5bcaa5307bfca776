import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AS_SHIPPED } from '../support/time/patience.js';
import { debianPrograms } from '../support/process/debian.js';
import { FakeKeystone } from '../support/keystone/fake.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import type { Environment } from '../support/process/process.js';
import { fillWithFixture } from '../support/databases/recorded-store.js';
import { run } from '../support/process/run.js';
import { type Fault, type LoadOptions, type Outcome, underLoad } from './support/load.js';
import { keystoneUnavailable, storeUnavailable, unauthenticated } from './support/refusals.js';
import { reportOutcome } from './support/report.js';
import { FaultedService, startKeystoneWithPersonas } from './support/service.js';
import { endedAfterAll } from '../support/ended-after-all.js';

/** What the clock shows, as libfaketime reads it, and how far that is off, in milliseconds. */
const CLOCKS = { right: ['+0', 0], ahead: ['+86400', 86_400_000], behind: ['-86400', -86_400_000] } as const;
type Clock = keyof typeof CLOCKS;

const keep = endedAfterAll();

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

beforeEach(() => turn('right'));

afterEach(async () => {
  service.expectHealthy();
  await service.remove();
});

function turn(clock: Clock): Promise<void> {
  return writeFile(join(folder, 'clock'), CLOCKS[clock][0]);
}

async function fakeClock(): Promise<Environment> {
  await debianPrograms('faketime');
  const { out } = await run('dpkg', ['-L', 'libfaketime']);
  const library = out.split('\n').find((path) => path.endsWith('/libfaketimeMT.so.1'));
  if (library === undefined || !existsSync(library))
    throw new Error('libfaketime is not where Debian puts it');
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: join(folder, 'clock'),
    FAKETIME_NO_CACHE: '1',
    // A clock that is set is another one than that which counts the seconds since the machine began.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

/** How far the service's clock is off, by the answers that it dates; in milliseconds. */
async function offset(): Promise<number> {
  const answer = await fetch(service.url);
  await answer.text();
  return Date.parse(answer.headers.get('date') ?? '') - Date.now();
}

function ask(fault: Fault, options: LoadOptions): Promise<Outcome> {
  return underLoad(service.url, fault, options);
}

/** Set to each of these in turn, and right again. */
function set(clocks: readonly Clock[]): Fault {
  return {
    begin: async () => {
      for (const clock of clocks) {
        await turn(clock);
        await sleep(1_500);
        // That the date of answers follows within a second or so is Node's own business.
        expect(Math.abs((await offset()) - CLOCKS[clock][1])).toBeLessThan(10_000);
      }
    },
    lasts: 0,
    end: () => turn('right'),
  };
}

describe('a clock that is set', () => {
  it('a clock that is set forth and back by a day does not change queries and their time limits', async () => {
    service = await FaultedService.start({
      DATABASE_URL: databaseUrl,
      ...AS_SHIPPED,
      ...(await fakeClock()),
    });
    const outcome = await ask(set(['ahead', 'behind', 'ahead', 'right', 'behind']), {
      refusals: [storeUnavailable],
    });
    // Were it for the clock, each of the callers would be refused with each change of it.
    expect(outcome.refused).toBeLessThan(outcome.callers);
    reportOutcome('Clock set forth and back by a day', outcome);
  });

  it('a clock that is set while the database hangs does not change the time limit', async () => {
    service = await FaultedService.start({
      DATABASE_URL: databaseUrl,
      ...AS_SHIPPED,
      ...(await fakeClock()),
    });
    const outcome = await ask(
      {
        begin: async () => {
          database.pause();
          await turn('behind');
        },
        lasts: 3_000,
        end: async () => {
          database.resume();
          await turn('right');
        },
      },
      { refusals: [storeUnavailable] },
    );
    expect(outcome.refused).toBeGreaterThan(0);
    reportOutcome('Clock set back by a day while MariaDB stands still', outcome);
  });

  it('a wrong clock makes tokens of Keystone end early, for as long as it is wrong', async () => {
    service = await FaultedService.start({
      DATABASE_URL: databaseUrl,
      ...AS_SHIPPED,
      ...(await startKeystoneWithPersonas(keystone)),
      ...(await fakeClock()),
    });
    const outcome = await ask(set(['ahead', 'behind', 'ahead']), {
      refusals: [unauthenticated, keystoneUnavailable, storeUnavailable],
    });
    expect(outcome.refused).toBeGreaterThan(0);
    reportOutcome('Clock set forth and back by a day, with tokens of Keystone', outcome);
  });
});
