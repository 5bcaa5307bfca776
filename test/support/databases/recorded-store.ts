import { loadFixture } from '../../conformance/cases.js';
import { createSqlite, fillStore, type TestStore } from './stores.js';

/** Migrates a store and fills it with the rows that the recorded answers are about. */
export async function fillWithFixture(url: string): Promise<void> {
  const { instances, instance_actions, instance_actions_events, migrations } = loadFixture();
  await fillStore(url, { instances, instance_actions, instance_actions_events, migrations });
}

/** Creates an embedded store with the rows of the recorded answers. */
export async function recordedStore(): Promise<TestStore> {
  const store = await createSqlite();
  await fillWithFixture(store.url);
  return store;
}
