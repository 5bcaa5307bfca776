import { beforeAll } from '@jest/globals';
import { personaTokens, type RunningService, startService } from './service.js';
import { fillStore, type TestStore } from '../databases/stores.js';
import { closeAfterAll } from '../close-after-all.js';

type Rows = Parameters<typeof fillStore>[1];

/** A service with its own store, for the tests of a `describe`. */
interface ServiceOnStore {
  readonly url: () => string;
  /** Inserts rows into the store. */
  readonly fill: (rows: Rows) => Promise<void>;
  /**
   * Sends a GET request at the newest microversion.
   *
   * @param persona undefined for a caller without a token
   */
  readonly get: (path: string, persona?: string) => Promise<readonly [status: number, body: unknown]>;
}

/**
 * Starts a service with its own store before the tests of a `describe`, and stops it after them.
 *
 * @param rows the initial rows of the store; the service inserts its example rows only into a new store
 */
export function serviceOnStore(createStore: () => Promise<TestStore>, rows: Rows = {}): ServiceOnStore {
  let store: TestStore;
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await createStore());
    await fillStore(store.url, rows);
    service = keep(await startService({ DATABASE_URL: store.url }));
  });

  return {
    url: () => service.url,
    fill: (more) => fillStore(store.url, more),
    async get(path, persona) {
      const token = persona === undefined ? {} : { 'X-Auth-Token': personaTokens[persona] ?? '' };
      const headers = { 'OpenStack-API-Version': 'compute latest', ...token };
      const answer = await fetch(`${service.url}${path}`, { headers });
      return [answer.status, await answer.json()];
    },
  };
}
