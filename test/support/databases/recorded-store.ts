import { loadFixture } from '../../conformance/cases.js';
import { createSqlite, fillStore, type TestStore } from './stores.js';

/**
 * Creates the service's tables in a database, and inserts the rows that Nova's databases contained when the answers
 * were recorded.
 */
export async function fillWithFixture(url: string): Promise<void> {
  const { instances, instance_actions, instance_actions_events, migrations } = loadFixture();
  await fillStore(url, { instances, instance_actions, instance_actions_events, migrations });
}

/** Creates an SQLite database with the rows that Nova's databases contained when the answers were recorded. */
export async function recordedStore(): Promise<TestStore> {
  const store = await createSqlite();
  await fillWithFixture(store.url);
  return store;
}
