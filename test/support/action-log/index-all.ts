import type { Database } from '../../../src/database/connection/database.js';
import { Indexer } from '../../../src/ledger/search/indexer.js';
import { hasWork, readProgress } from '../../../src/ledger/search/progress.js';
import { until } from '../time/until.js';

/** The pauses of indexers in tests, in milliseconds. */
export const SHORT_PAUSES = { idle: 10, commit: 1, failure: 10 };

/** Waits until the search contains all entries and all old actions of a store. An indexer must be running. */
export function untilIndexed(database: Database): Promise<void> {
  return until(
    async () => !hasWork(await database.read(performance.now() + 60_000, readProgress)),
    'the search contains all entries and all old actions',
  );
}

/** Writes the search rows of all actions of a store. */
export async function indexAll(database: Database): Promise<void> {
  const indexer = new Indexer(database, SHORT_PAUSES);
  indexer.start();
  try {
    await untilIndexed(database);
  } finally {
    await indexer.stop();
  }
}
