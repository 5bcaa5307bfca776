import type { MariaDbServer } from './databases/mariadb.js';

/** Ends the server that the setup of this run started, and none that was given. */
export default async function teardown(): Promise<void> {
  const shared = globalThis as { testMariaDb?: MariaDbServer | undefined };
  if (!shared.testMariaDb) return;
  await shared.testMariaDb.stop();
  shared.testMariaDb = undefined;
  delete process.env.TEST_MARIADB_URL;
}
