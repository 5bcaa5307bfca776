import { beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { loadFixture } from '../conformance/cases.js';
import { type ReservedPort, reservePort } from '../support/http/port.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import type { TestStore } from '../support/databases/stores.js';
import { underLoad } from './support/load.js';
import { reportOutcome } from './support/report.js';
import { FaultedService } from './support/service.js';
import { untilTwoWorkersAnswer } from './support/workers.js';
import { closeAfterAll } from '../support/close-after-all.js';

let store: TestStore;
let port: ReservedPort;
let service: FaultedService;
let path: string;

const keep = closeAfterAll();

beforeAll(async () => {
  store = keep(await recordedStore());
  path = store.url.replace('sqlite://', '');
  port = await reservePort();
  await port.release();
  service = keep(
    await FaultedService.start({ DATABASE_URL: store.url, WORKERS: '2', PORT: String(port.port) }),
  );
  await untilTwoWorkersAnswer(service, path);
});

describe('the service under load', () => {
  it('the service under load continues with one worker when the other one is killed, and starts a new worker in its place', async () => {
    const outcome = await underLoad(
      service.url,
      {
        begin: async () => {
          const [first = 0, second = 0] = service.process.children;
          process.kill(first, 'SIGKILL');
          await untilTwoWorkersAnswer(service, path);
          process.kill(second, 'SIGKILL');
        },
        lasts: 0,
        end: () => untilTwoWorkersAnswer(service, path),
      },
      { mayBeCutOff: true },
    );
    expect(outcome.cutOff).toBeGreaterThan(0);
    expect(outcome.cutOff).toBeLessThanOrEqual(2 * outcome.callers);
    expect(outcome.right).toBe(outcome.asked);
    service.expectHealthy();
    reportOutcome('Each of two workers killed (`kill -9`), one after the other', outcome);
  });

  it('if all processes of the service are killed under load, the database stays intact, and a restarted service returns correct responses', async () => {
    let restarting = Promise.resolve();
    const outcome = await underLoad(
      service.url,
      {
        begin: () => service.process.kill(),
        lasts: 500,
        // Does not wait until the service serves again, because the measured recovery time includes the start.
        end: () => {
          restarting = service.restart();
        },
      },
      { mayBeCutOff: true },
    );
    await restarting;
    expect(outcome.cutOff).toBeGreaterThan(0);
    expect(outcome.right).toBe(outcome.asked);
    service.expectHealthy();
    const database = new Database(path, { readonly: true });
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    const count = database.prepare('SELECT count(*) FROM instance_actions').pluck().get();
    expect(count).toBe(loadFixture().instance_actions.length);
    database.close();
    reportOutcome(
      'The service killed (`kill -9`) with all its workers, on an embedded store, and started again',
      outcome,
    );
  });
});
