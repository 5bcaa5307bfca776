import type { PerTable, TableName } from '../ledger/cell-states.js';

/** Returns an object with a number for each table. */
export function perTable(valueOf: (table: TableName) => number): PerTable {
  return { actions: valueOf('actions'), events: valueOf('events'), servers: valueOf('servers') };
}
