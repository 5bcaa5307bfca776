import type { DataSource } from 'typeorm';
import { readActions } from '../../../src/ledger/actions/action-rows.js';
import { searchRow } from '../../../src/ledger/search/search-row.js';
import { writeSearchRows } from '../../../src/ledger/search/write-search-rows.js';
import type { GeneratedLog } from './generated-log.js';
import { insertLog } from './insert-log.js';

/** The numbers of the cells of a generated log, by the names that they have in the store. */
export const CELLS: ReadonlyMap<string, number> = new Map([
  ['cell-a', 1],
  ['cell-b', 2],
]);

/** The time until which a store with a generated log is complete. */
export const READ_AT = '2026-11-02 00:00:00.000000';

/** Inserts a generated log into a store with tables, with the cells of Nova and the rows of the search. */
export async function insertIndexedLog(source: DataSource, log: GeneratedLog): Promise<void> {
  await insertLog(source, log);
  const shown = log.actions.filter(({ isShown }) => isShown).map(({ copyId }) => copyId);
  const read = await readActions(source, shown, { events: true });
  const rows = [...read].map(([id, action]) => searchRow(id, action, action.position ?? 0));
  await source.transaction(async (manager) => {
    for (const [name, number] of CELLS) {
      const cell = cellRow(name, number);
      const columns = Object.keys(cell);
      const marks = columns.map(() => '?').join();
      await manager.query(
        `INSERT INTO record_cells (${columns.join()}) VALUES (${marks})`,
        Object.values(cell),
      );
    }
    await writeSearchRows(manager, rows);
    // The search contains all entries, and all rows that were in the store before the search.
    await manager.query(
      `UPDATE record_head SET position = (SELECT position FROM
        (SELECT position FROM record_head WHERE name = 'entries') entries) WHERE name = 'search'`,
    );
    await manager.query("UPDATE record_head SET position = 0 WHERE name IN ('search-own', 'search-copied')");
  });
}

/** Returns the row of a recorded cell. */
function cellRow(name: string, number: number): Readonly<Record<string, unknown>> {
  const zeros: Record<string, number> = {};
  for (const prefix of ['epoch_from', 'high', 'settled']) {
    for (const table of ['actions', 'events', 'servers']) zeros[`${prefix}_${table}`] = 0;
  }
  return {
    ...{ number, name, uuid: `00000000-0000-4000-8000-00000000000${number}`, state: 'open', epoch: 0 },
    ...zeros,
    ...{ past_total: 0, past_done: 0, created_at: READ_AT, started_at: READ_AT, read_at: READ_AT },
  };
}
