import { beforeAll } from '@jest/globals';
import { personaTokens, type RunningService, startService } from './service.js';
import { fillStore, type TestStore } from '../databases/stores.js';
import { closeAfterAll } from '../close-after-all.js';

type Rows = Parameters<typeof fillStore>[1];

/** A response; its body is undefined if it is empty. */
type Response = readonly [status: number, body: unknown];

/** A service with an empty or filled database, for the tests of a `describe`. */
interface ServiceOnStore {
  readonly url: () => string;
  /** Inserts rows into the database. */
  readonly fill: (rows: Rows) => Promise<void>;
  /**
   * Sends a GET request with the newest microversion.
   *
   * @param persona the user that sends the request; undefined for a request without a token
   */
  readonly get: (path: string, persona?: string) => Promise<Response>;
  /** Sends any request. @param body sent as JSON, unless it is undefined @param version by default the newest */
  readonly send: (
    method: string,
    path: string,
    persona?: string,
    body?: object,
    version?: string,
  ) => Promise<Response>;
}

/**
 * Starts a service on a new database before the tests of a `describe`, and stops it after them.
 *
 * @param rows the rows in the database before the service starts; because the database exists already, the service does
 *   not insert its example rows
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

  const send: ServiceOnStore['send'] = async (method, path, persona, body, version = 'latest') => {
    const token = persona === undefined ? {} : { 'X-Auth-Token': personaTokens[persona] ?? '' };
    const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const answer = await fetch(`${service.url}${path}`, {
      method,
      headers: { 'OpenStack-API-Version': `compute ${version}`, ...token, ...type },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return [answer.status, text === '' ? undefined : JSON.parse(text)];
  };

  return {
    url: () => service.url,
    fill: (more) => fillStore(store.url, more),
    get: (path, persona) => send('GET', path, persona),
    send,
  };
}
