import type { MariaDbServer } from './databases/mariadb.js';

/**
 * Stops the MariaDB that jest-global-setup.ts started. A server that the user named in TEST_MARIADB_URL keeps running.
 */
export default async function teardown(): Promise<void> {
  const shared = globalThis as { testMariaDb?: MariaDbServer | undefined };
  if (!shared.testMariaDb) return;
  await shared.testMariaDb.stop();
  shared.testMariaDb = undefined;
  delete process.env.TEST_MARIADB_URL;
}
