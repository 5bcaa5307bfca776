import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseNames } from '../nova/logins.js';

const DOCS = join(import.meta.dirname, '..', '..', '..', 'docs');

/**
 * Returns the GRANT statements of a page of the documentation, for the databases of a test.
 *
 * @param page the path of the page in `docs/`
 * @param databases the names in place of `nova_api`, and of `nova_cell0` for each cell
 * @param account the account in place of `actions`, in SQL: `'name'@'host'`
 */
export function documentedGrants(page: string, { api, cells }: DatabaseNames, account: string): string[] {
  const text = readFileSync(join(DOCS, page), 'utf8');
  const statements = [...text.matchAll(/^GRANT SELECT ON (nova_\w+)\.(\w+) TO actions;$/gm)];
  return statements.flatMap(([, database, table]) => {
    const names = database === 'nova_api' ? [api] : cells;
    return names.map((name) => `GRANT SELECT ON ${name}.${table} TO ${account}`);
  });
}
