import { readActions } from '../actions/action-rows.js';
import type { FullAction } from '../actions/full-action.js';
import type { Store } from '../record/record.js';
import { projectCode } from './codes.js';
import type { Scope } from './search-query.js';

/**
 * Finds an action by its id in the copy, with its events. In the scope of one project, the same statement finds no row
 * of another project and no row that does not exist, so the time does not tell one from the other.
 */
export async function findAction(
  store: Store,
  copyId: number,
  scope: Scope,
): Promise<FullAction | undefined> {
  const [condition, values] = 'all' in scope ? ['', []] : [' AND project = ?', [projectCode(scope.project)]];
  const select = `SELECT id FROM search_actions WHERE id = ?${condition}`;
  const rows = await store.query<unknown[]>(select, [copyId, ...values]);
  if (rows.length === 0) return undefined;
  const full = (await readActions(store, [copyId], { events: true })).get(copyId);
  const isInScope = 'all' in scope || full?.server?.project_id === scope.project;
  return isInScope ? full : undefined;
}
