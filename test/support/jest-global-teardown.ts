import type { MariaDbServer } from './databases/mariadb.js';

/** Stops the MariaDB that jest-global-setup.ts started. If the user set TEST_MARIADB_URL, this server keeps running. */
export default async function teardown(): Promise<void> {
  const shared = globalThis as { testMariaDb?: MariaDbServer | undefined };
  if (!shared.testMariaDb) return;
  await shared.testMariaDb.stop();
  shared.testMariaDb = undefined;
  delete process.env.TEST_MARIADB_URL;
}
