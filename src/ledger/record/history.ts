import type { Entry } from './entry.js';
import { ENTRY_COLUMNS, entryOf, type EntryRow, type Store } from './record.js';

/**
 * Returns the entry with a position, and earlier entries about the same action or server, newest first. The `previous`
 * of the last returned entry is the position of the next page. The history ends earlier if the retention has deleted an
 * entry.
 *
 * @param limit the maximum number of entries, at most 1,000: MariaDB limits the recursion
 */
export async function historyPage(store: Store, position: number, limit: number): Promise<Entry[]> {
  const rows = await store.query<EntryRow[]>(
    `WITH RECURSIVE history (position, previous, place) AS (
      SELECT position, previous, 1 FROM entries WHERE position = ?
      UNION ALL SELECT older.position, older.previous, history.place + 1
        FROM history JOIN entries older ON older.position = history.previous WHERE history.place < ?)
    SELECT ${ENTRY_COLUMNS.map((column) => `entries.${column}`).join(', ')}
    FROM history JOIN entries ON entries.position = history.position ORDER BY history.place`,
    [position, limit],
  );
  return rows.map(entryOf);
}
