import type { ConformanceCase } from '../../conformance/cases.js';
import { loadCases, loadFixture, withoutLabel } from '../../conformance/cases.js';
import { createSqlite, fillStore, type TestStore } from '../../support/stores.js';

/** Where ours differs from Nova on purpose; the replay says how. */
const KNOWN_DIFFERENCE = 'open-1336';

/** The rows that the recorded answers are about. */
export async function fillWithFixture(storeUrl: string): Promise<void> {
  const { instances, instance_actions, instance_actions_events, migrations } = loadFixture();
  await fillStore(storeUrl, { instances, instance_actions, instance_actions_events, migrations });
}

/** An embedded store with these rows. */
export async function recordedStore(): Promise<TestStore> {
  const store = await createSqlite();
  await fillWithFixture(store.url);
  return store;
}

/** What a real Nova answered, which is the truth whatever goes wrong: 200 and refusals of every kind. */
export function recordedTruth(): readonly ConformanceCase[] {
  return ['answers.jsonl', 'migrations-answers.jsonl']
    .flatMap((file) => withoutLabel(loadCases(file), 'unmapped').cases)
    .filter(({ id }) => id !== KNOWN_DIFFERENCE);
}
