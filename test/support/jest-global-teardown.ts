import type { MariaDbServer } from './databases/mariadb.js';

/** Stops the MariaDB that the setup of this run started. A server that the user named in TEST_MARIADB_URL stays up. */
export default async function teardown(): Promise<void> {
  const shared = globalThis as { testMariaDb?: MariaDbServer | undefined };
  if (!shared.testMariaDb) return;
  await shared.testMariaDb.stop();
  shared.testMariaDb = undefined;
  delete process.env.TEST_MARIADB_URL;
}
