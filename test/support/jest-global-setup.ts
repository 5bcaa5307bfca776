import { require as requireTs } from 'tsx/cjs/api';
import type { MariaDbServer } from './databases/mariadb.js';
import type { Suite } from './process/tools.js';

/** The parts of Jest's configuration that this setup reads. */
interface Run {
  readonly testPathPatterns?: { readonly patterns: readonly string[] };
  readonly onlyChanged?: boolean;
  readonly findRelatedTests?: boolean;
}

interface Project {
  readonly globals: { readonly suite: Suite };
}

/**
 * Prepares a test run. If a whole suite runs, finds or installs all tools of the suite, so that a missing tool stops
 * the run at its start. Then starts one MariaDB, and puts its URL into TEST_MARIADB_URL for all test files. The image
 * suite needs no MariaDB, and neither do the specs in `src/`.
 */
export default async function setup(run: Run, { globals: { suite } }: Project): Promise<void> {
  // Jest loads this file as CommonJS. There an import of a path that ends with `.js` does not find the `.ts` file.
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
    // jest-global-teardown.ts stops this server.
    (globalThis as { testMariaDb?: MariaDbServer }).testMariaDb = server;
    process.env.TEST_MARIADB_URL = server.url('');
  } catch (error) {
    // Jest prints the stack of an error. Here the message is sufficient, so it replaces the stack.
    throw error instanceof Error ? Object.assign(error, { stack: error.message }) : error;
  }
}
