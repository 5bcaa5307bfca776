import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { FakeNova } from '../nova/fake.js';
import { type RunningService, startService } from './service.js';
import { createSqlite, type TestStore } from '../databases/stores.js';

/** A facade and the nova-api behind it. */
export interface StartedFacade {
  readonly nova: FakeNova;
  readonly service: RunningService;
}

/** For a file of tests: one facade for all of them, on an embedded store; before each test its nova-api is reset. */
export function startedFacade(): StartedFacade {
  const nova = new FakeNova();
  let store: TestStore;
  let service: RunningService;

  beforeAll(async () => {
    store = await createSqlite();
    service = await startService({ DATABASE_URL: store.url, UPSTREAM_NOVA_URL: await nova.start() });
  });

  beforeEach(() => {
    nova.reset();
  });

  afterAll(async () => {
    await service.stop();
    await nova.stop();
    await store.remove();
  });

  return {
    nova,
    get service() {
      return service;
    },
  };
}
