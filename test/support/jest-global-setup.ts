import { require as requireTs } from 'tsx/cjs/api';
import type { MariaDbServer } from './mariadb.js';

/** The part of Jest's configuration that is looked at. */
interface Run {
  readonly testPathPatterns?: { readonly patterns: readonly string[] };
}

/**
 * One MariaDB for the whole run; the workers find it in TEST_MARIADB_URL.
 * None where nothing can ask for it: with TEST_DATABASES=sqlite, or when only specs under src/ are named.
 */
export default async function setup(run: Run): Promise<void> {
  const patterns = run.testPathPatterns?.patterns ?? [];
  const unitOnly = patterns.length > 0 && patterns.every((pattern) => /^(\.\/)?src\//.test(pattern));
  if (process.env.TEST_DATABASES === 'sqlite' || process.env.TEST_MARIADB_URL || unitOnly) return;
  // Jest loads this file as CommonJS, where an import ending in `.js` does not find its `.ts`.
  const { mariaDb } = requireTs('./mariadb.ts', import.meta.url) as typeof import('./mariadb.js');
  const server = await mariaDb();
  (globalThis as { testMariaDb?: MariaDbServer }).testMariaDb = server; // for the teardown
  process.env.TEST_MARIADB_URL = server.url('');
}
