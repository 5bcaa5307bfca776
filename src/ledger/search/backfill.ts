import type { EntityManager } from 'typeorm';
import type { DatabaseInteger, Store } from '../record/record.js';
import { type Backlog, BACKLOGS, type SearchProgress } from './progress.js';

/** Old actions to index: a page of a source. */
export interface BackfillPage {
  readonly ids: readonly number[];
  /** Stores that the actions are in the search. It belongs to the transaction that writes their search rows. */
  readonly finish: (manager: EntityManager) => Promise<void>;
}

/** Reads the next old actions of a source that are not yet in the search. The newest ones come first. */
export async function nextBackfillPage(
  store: Store,
  name: Backlog,
  { below }: SearchProgress,
  limit: number,
): Promise<BackfillPage> {
  const rows = await store.query<{ id: DatabaseInteger }[]>(
    `SELECT id FROM ${BACKLOGS[name]} WHERE id < ? ORDER BY id DESC LIMIT ?`,
    [below[name], limit],
  );
  const ids = rows.map(({ id }) => Number(id));
  const next = ids.length < limit ? 0 : ids.at(-1);
  const finish = async (manager: EntityManager): Promise<void> => {
    await manager.query('UPDATE record_head SET position = ? WHERE name = ?', [next, name]);
  };
  return { ids, finish };
}

/** Counts the old actions that are not yet in the search. It reads the ids of all of them. */
export async function countBacklog(store: Store, { below }: SearchProgress): Promise<number> {
  let total = 0;
  for (const [name, table] of Object.entries(BACKLOGS) as [Backlog, string][]) {
    const [row] = await store.query<{ total: DatabaseInteger }[]>(
      `SELECT COUNT(*) AS total FROM ${table} WHERE id < ?`,
      [below[name]],
    );
    total += Number(row?.total);
  }
  return total;
}
