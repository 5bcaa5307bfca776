import { afterEach, beforeAll } from '@jest/globals';
import { type RunningService, startService } from './service.js';
import { createSqlite, type TestStore } from '../databases/stores.js';
import { closeAfterAll } from '../close-after-all.js';

/**
 * Creates an empty SQLite database for the services of a test file. Each service is stopped after the test that started
 * it.
 *
 * @param usual the settings of all services
 * @returns a function that starts a service
 */
export function startedServices(
  usual: Readonly<Record<string, string>> = {},
): (settings?: Readonly<Record<string, string>>) => Promise<RunningService> {
  const keep = closeAfterAll();
  let store: TestStore;
  const services: RunningService[] = [];

  beforeAll(async () => {
    store = keep(await createSqlite());
  });

  afterEach(async () => {
    for (const service of services.splice(0)) await service.stop();
  });

  return async (settings = {}) => {
    const service = await startService({ DATABASE_URL: store.url, ...usual, ...settings });
    services.push(service);
    return service;
  };
}
