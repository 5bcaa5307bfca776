import { beforeAll, beforeEach } from '@jest/globals';
import { createSqlite } from '../databases/stores.js';
import { closeAfterAll } from '../close-after-all.js';
import { FakeNova } from '../nova/fake.js';
import { type RunningService, startService } from './service.js';

/** A service that runs in front of nova-api (as a facade), and a fake nova-api to which it forwards requests. */
export interface StartedFacade {
  readonly nova: FakeNova;
  readonly service: RunningService;
}

/**
 * Starts one service in front of a fake nova-api, with an SQLite database, for all tests of a file. Resets the fake
 * nova-api before each test.
 */
export function startedFacade(): StartedFacade {
  const keep = closeAfterAll();
  const nova = keep(new FakeNova());
  let service: RunningService;

  beforeAll(async () => {
    const { url } = keep(await createSqlite());
    service = keep(await startService({ DATABASE_URL: url, UPSTREAM_NOVA_URL: await nova.start() }));
  });

  beforeEach(() => {
    nova.reset();
  });

  return {
    nova,
    get service() {
      return service;
    },
  };
}
