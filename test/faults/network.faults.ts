import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { DEFAULT_TIMEOUTS } from '../support/time/timeouts.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { Namespace } from '../support/process/namespace.js';
import { fillWithFixture } from '../support/databases/recorded-store.js';
import { underLoad } from './support/load.js';
import { storeUnavailable } from './support/refusals.js';
import { reportOutcome } from './support/report.js';
import { FaultedService } from './support/service.js';
import { closeAfterAll } from '../support/close-after-all.js';

/**
 * A random part of 198.18.0.0/15, which is reserved for network tests, so that the addresses are probably unused on
 * this machine.
 */
const NETWORK = `198.18.${randomInt(256)}`;
const OURS = { device: `faults${randomInt(10_000)}`, address: `${NETWORK}.1` };
const THEIRS = { device: 'database', address: `${NETWORK}.2` };

let namespace: Namespace;
let database: PrivateMariaDb;
let service: FaultedService;

const keep = closeAfterAll();

beforeAll(async () => {
  namespace = keep(await Namespace.create('net'));
  await namespace.connect(OURS, THEIRS);
  database = keep(await privateMariaDb({ before: namespace.commandPrefix(), address: THEIRS.address }));
  const databaseUrl = await database.createDatabase('faults');
  await fillWithFixture(databaseUrl);
  service = keep(await FaultedService.start({ DATABASE_URL: databaseUrl, ...DEFAULT_TIMEOUTS }));
});

afterEach(() => {
  service.expectHealthy();
});

describe('the network between the service and MariaDB', () => {
  it.each([
    [
      'Packets from MariaDB dropped (blackhole route)',
      'route',
      ['add', 'blackhole', `${OURS.address}/32`],
      ['del', 'blackhole', `${OURS.address}/32`],
    ],
    ['Network link to MariaDB down', 'link', ['set', THEIRS.device, 'down'], ['set', THEIRS.device, 'up']],
  ])(
    'callers get correct responses or 503 during the network fault: %s',
    async (fault, what, breaking, repairing) => {
      const outcome = await underLoad(
        service.url,
        {
          begin: () => namespace.run('ip', what, ...breaking),
          lasts: 4_000,
          end: () => namespace.run('ip', what, ...repairing),
        },
        { refusals: [storeUnavailable] },
      );
      expect(outcome.refused).toBeGreaterThan(0);
      reportOutcome(fault, outcome);
    },
  );
});
