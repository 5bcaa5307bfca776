import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { AS_SHIPPED } from '../support/time/patience.js';
import { fillWithFixture } from '../support/databases/recorded-store.js';
import { until } from '../support/time/until.js';
import { GaleraCluster } from './support/galera.js';
import { type Fault, type Outcome, underLoad } from './support/load.js';
import { storeUnavailable } from './support/refusals.js';
import { reportOutcome } from './support/report.js';
import { FaultedService } from './support/service.js';

/** Galera takes five seconds to give up on a node; in milliseconds. */
const NOTICED_WITHIN = 30_000;

let cluster: GaleraCluster;
let service: FaultedService;

beforeAll(async () => {
  cluster = await GaleraCluster.create(3);
  await execute(0, 'CREATE DATABASE actions CHARACTER SET utf8mb4');
  await fillWithFixture(`${cluster.node(0).url}actions`);
  service = await FaultedService.start({ DATABASE_URL: cluster.url('actions'), ...AS_SHIPPED });
});

afterAll(async () => {
  await service.remove();
  await cluster.stop();
});

afterEach(() => {
  service.expectHealthy();
});

function ask(fault: Fault): Promise<Outcome> {
  return underLoad(service.url, fault, { refusals: [storeUnavailable] });
}

/** A node killed, and back in the cluster. */
function losing(index: number): Fault {
  const witness = index === 1 ? 2 : 1;
  return {
    begin: async () => {
      await cluster.node(index).kill();
      await until(async () => (await cluster.size(witness)) === 2, 'the others have noticed', NOTICED_WITHIN);
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

describe('a Galera cluster of three under load', () => {
  it('callers get right answers while a Galera cluster loses a node that is not in use', async () => {
    const outcome = await ask(losing(2));
    // On a busy machine a question may come to the end of its time; were it for the node, each of the callers' would.
    expect(outcome.refused).toBeLessThan(outcome.callers);
    reportOutcome('Galera of three: a node killed that is not in use, and joined again', outcome);
  });

  it('callers get right answers while a Galera cluster loses the node in use', async () => {
    reportOutcome('Galera of three: the node in use killed, and joined again', await ask(losing(0)));
  });

  it('callers get right answers while a Galera cluster has the node in use cut off from the others', async () => {
    const outcome = await ask({
      begin: () => cluster.isolate(0, true),
      lasts: 1_000,
      end: () => cluster.isolate(0, false),
    });
    reportOutcome('Galera of three: the node in use cut off, and joined again', outcome);
  });

  it('callers get 503, and not old answers, while a Galera cluster has lost its majority', async () => {
    const outcome = await ask({
      begin: async () => {
        await Promise.all([cluster.node(1).kill(), cluster.node(2).kill()]);
        await until(async () => (await cluster.size(0)) === 1, 'the one left has noticed', NOTICED_WITHIN);
      },
      lasts: 2_000,
      end: async () => {
        // What is left does not go on by itself: an operator says that it counts.
        await execute(0, "SET GLOBAL wsrep_provider_options = 'pc.bootstrap=YES'");
        await cluster.start(1);
        await cluster.start(2);
      },
    });
    expect(outcome.refused).toBeGreaterThan(0);
    reportOutcome('Galera of three: two nodes killed, and joined again', outcome);
  });
});
