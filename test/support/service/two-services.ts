import type { DataSource } from 'typeorm';
import type { closeAfterAll } from '../close-after-all.js';
import { ownStore } from '../databases/own-store.js';
import { fillStore, type TestStore } from '../databases/stores.js';
import { type RunningService, startService } from './service.js';

/** A store, the test's own connection to it, and two services on it, as with several workers. */
export interface SharedStore {
  readonly url: string;
  readonly source: DataSource;
  readonly services: readonly [RunningService, RunningService];
}

/** Fills a store and starts two services on it. @param keep closes all resources after the tests */
export async function startTwoServices(
  keep: ReturnType<typeof closeAfterAll>,
  createStore: () => Promise<TestStore>,
  rows: Parameters<typeof fillStore>[1],
  settings: Readonly<Record<string, string>> = {},
): Promise<SharedStore> {
  const { url } = keep(await createStore());
  await fillStore(url, rows);
  const source = keep(await ownStore(url).initialize());
  const start = async (): Promise<RunningService> =>
    keep(await startService({ DATABASE_URL: url, ...settings }));
  return { url, source, services: [await start(), await start()] };
}
