import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { DEFAULT_TIMEOUTS } from '../support/time/timeouts.js';
import { fillWithFixture } from '../support/databases/recorded-store.js';
import { until } from '../support/time/until.js';
import { GaleraCluster } from './support/galera.js';
import { type Fault, type Outcome, underLoad } from './support/load.js';
import { storeUnavailable } from './support/refusals.js';
import { reportOutcome } from './support/report.js';
import { FaultedService } from './support/service.js';

/**
 * The time within which the cluster must detect that a node is lost, in milliseconds. Galera itself needs five seconds.
 */
const DETECTION_TIMEOUT = 30_000;

let cluster: GaleraCluster;
let service: FaultedService;

beforeAll(async () => {
  cluster = await GaleraCluster.create(3);
  await execute(0, 'CREATE DATABASE actions CHARACTER SET utf8mb4');
  await fillWithFixture(`${cluster.node(0).url}actions`);
  service = await FaultedService.start({ DATABASE_URL: cluster.url('actions'), ...DEFAULT_TIMEOUTS });
});

afterAll(async () => {
  await service.remove();
  await cluster.stop();
});

afterEach(() => {
  service.expectHealthy();
});

function load(fault: Fault): Promise<Outcome> {
  return underLoad(service.url, fault, { refusals: [storeUnavailable] });
}

/** Returns a fault that kills a node of the cluster, and then starts it again. */
function losing(index: number): Fault {
  const witness = index === 1 ? 2 : 1;
  return {
    begin: async () => {
      await cluster.node(index).kill();
      await until(
        async () => (await cluster.size(witness)) === 2,
        'the other nodes detect the loss',
        DETECTION_TIMEOUT,
      );
    },
    lasts: 1_000,
    end: () => cluster.start(index),
  };
}

async function execute(index: number, sql: string): Promise<void> {
  const connection = await createConnection(cluster.node(index).url);
  await connection.query(sql);
  await connection.end();
}

describe('a Galera cluster of three nodes under load', () => {
  it('callers get correct responses while a Galera cluster loses a node that the service does not use', async () => {
    const outcome = await load(losing(2));
    // On a busy machine a few queries may time out, so a few errors are accepted. If the lost node caused errors, every
    // caller would get one.
    expect(outcome.refused).toBeLessThan(outcome.callers);
    reportOutcome('Galera with three nodes: an unused node killed and restarted', outcome);
  });

  it('callers get correct responses while a Galera cluster loses the node that the service uses', async () => {
    reportOutcome('Galera with three nodes: the node in use killed and restarted', await load(losing(0)));
  });

  it('callers get correct responses while the node that the service uses is isolated from its Galera cluster', async () => {
    const outcome = await load({
      begin: () => cluster.isolate(0, true),
      lasts: 1_000,
      end: () => cluster.isolate(0, false),
    });
    reportOutcome('Galera with three nodes: the node in use isolated and reconnected', outcome);
  });

  it('callers get 503, and no outdated data, while a Galera cluster has no majority of nodes', async () => {
    const outcome = await load({
      begin: async () => {
        await Promise.all([cluster.node(1).kill(), cluster.node(2).kill()]);
        await until(
          async () => (await cluster.size(0)) === 1,
          'the remaining node detects the loss',
          DETECTION_TIMEOUT,
        );
      },
      lasts: 2_000,
      end: async () => {
        // The last node rejects queries until an operator makes it the primary component of the cluster.
        await execute(0, "SET GLOBAL wsrep_provider_options = 'pc.bootstrap=YES'");
        await cluster.start(1);
        await cluster.start(2);
      },
    });
    expect(outcome.refused).toBeGreaterThan(0);
    reportOutcome('Galera with three nodes: two nodes killed and restarted', outcome);
  });
});
