import type { EntityManager } from 'typeorm';
import { inChunks } from '../../database/rows/write-rows.js';
import { readActions } from '../actions/action-rows.js';
import { partsOf } from '../copy/copy-id.js';
import type { DatabaseInteger, Store } from '../record/record.js';
import type { ChangedActions } from './changed-actions.js';
import { type SearchRow, searchRow } from './search-row.js';
import { isSqlite } from '../../database/rows/is-sqlite.js';
import { deleteSearchRows, writeSearchRows } from './write-search-rows.js';

/**
 * Writes the search rows of actions, computed from the current rows of the actions. Deletes the search rows of actions
 * that the service does not show. It may run several times for the same actions.
 *
 * @param manager the entity manager of a transaction that has read nothing yet
 */
export async function indexActions(manager: EntityManager, changed: ChangedActions): Promise<void> {
  const outdated = await withoutCurrent(manager, changed);
  const rows = await searchRowsOf(manager, outdated);
  await writeSearchRows(manager, [...rows.values()]);
  await deleteSearchRows(
    manager,
    [...outdated.keys()].filter((id) => !rows.has(id)),
  );
}

/** Computes the search rows of those of the actions that the service shows, by their ids. */
export async function searchRowsOf(
  store: Store,
  changed: ChangedActions,
): Promise<ReadonlyMap<number, SearchRow>> {
  const actions = await readActions(store, [...changed.keys()], { events: true, longTexts: false });
  return new Map(
    [...actions].map(([id, action]) => {
      const position = Math.max(changed.get(id) ?? 0, action.position ?? 0);
      return [id, searchRow(id, action, position)];
    }),
  );
}

/**
 * Locks the search rows of the store's own actions, and leaves out the actions whose search rows contain their newest
 * entries: the transaction that recorded such an action over HTTP has also written its search row. With the lock, this
 * transaction reads all rows of the action that such a transaction has committed.
 */
async function withoutCurrent(manager: EntityManager, changed: ChangedActions): Promise<ChangedActions> {
  const own = [...changed.keys()].filter((id) => partsOf(id).cell === 0);
  const lock = isSqlite(manager.dataSource) ? '' : 'FOR UPDATE';
  const rows = await inChunks(own, (chunk, marks) =>
    manager.query<Record<'id' | 'position', DatabaseInteger>[]>(
      `SELECT id, position FROM search_actions WHERE id IN (${marks}) ${lock}`,
      chunk,
    ),
  );
  const stored = new Map(rows.map(({ id, position }) => [Number(id), Number(position)]));
  return new Map(
    [...changed].filter(([id, position]) => position === undefined || (stored.get(id) ?? 0) < position),
  );
}
