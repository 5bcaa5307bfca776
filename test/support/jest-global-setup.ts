import { require as requireTs } from 'tsx/cjs/api';
import type { MariaDbServer } from './databases/mariadb.js';
import type { Suite } from './process/tools.js';

/** The parts of Jest's configuration that this file reads. */
interface Run {
  readonly testPathPatterns?: { readonly patterns: readonly string[] };
  readonly onlyChanged?: boolean;
  readonly findRelatedTests?: boolean;
}

interface Project {
  readonly globals: { readonly suite: Suite };
}

/**
 * Prepares a test run. Before a whole suite it finds or installs every tool of the suite, so that a missing tool fails
 * the run at the start. It then starts one MariaDB and puts its address into TEST_MARIADB_URL for Jest's workers. The
 * image suite, and a run of specs under src/ only, need no MariaDB.
 */
export default async function setup(run: Run, { globals: { suite } }: Project): Promise<void> {
  // Jest loads this file as CommonJS, where an import ending in `.js` does not find its `.ts`.
  const load = (path: string): unknown => requireTs(path, import.meta.url);
  const patterns = run.testPathPatterns?.patterns ?? [];
  const isWhole = patterns.length === 0 && !run.onlyChanged && !run.findRelatedTests;
  const unitOnly =
    !isWhole && patterns.length > 0 && patterns.every((pattern) => /^(\.\/)?src\//.test(pattern));
  try {
    if (isWhole)
      await (load('./process/debian.ts') as typeof import('./process/debian.js')).provideToolsOf(suite);
    if (process.env.TEST_MARIADB_URL || unitOnly || suite === 'image') return;
    const server = await (
      load('./databases/mariadb.ts') as typeof import('./databases/mariadb.js')
    ).mariaDb();
    (globalThis as { testMariaDb?: MariaDbServer }).testMariaDb = server; // jest-global-teardown.ts stops it
    process.env.TEST_MARIADB_URL = server.url('');
  } catch (error) {
    // The message is enough: without this, Jest prints the stack too.
    throw error instanceof Error ? Object.assign(error, { stack: error.message }) : error;
  }
}
