import type { TableName } from '../../ledger/cell-states.js';
import { MAX_ID, partsOf } from '../../ledger/copy-id.js';
import { asNova, type CopiedRow } from './copied.js';

/** The columns that Nova never changes in a row. If one of them differs, Nova has given the id to another row. */
const IDENTITY: Readonly<Record<TableName, readonly string[]>> = {
  actions: ['instance_uuid', 'request_id', 'action', 'user_id', 'project_id', 'start_time', 'created_at'],
  events: ['action_id', 'event', 'host', 'start_time', 'created_at'],
  servers: ['uuid'],
};

/** The names in the copy of columns that have another name there. */
const COPIED_NAME: Readonly<Record<string, string>> = { uuid: 'server_uuid' };

/** Returns the columns of the copy that identify a row, in the order of `IDENTITY`. */
export function copiedIdentity(table: TableName): string[] {
  return IDENTITY[table].map((name) => COPIED_NAME[name] ?? name);
}

/** Returns true if a row of Nova and the row of the copy with the same id are two different rows. */
export function isOtherRow(table: TableName, row: object, copied: CopiedRow): boolean {
  const values = row as CopiedRow;
  return IDENTITY[table].some((name) => {
    const value = copied[COPIED_NAME[name] ?? name] ?? null;
    const known = name === 'action_id' && value !== null ? partsOf(Number(value)).id : value;
    // The copy has no id for an action above `MAX_ID`.
    const given = name === 'action_id' && Number(values[name]) > MAX_ID ? null : values[name];
    return textOf(given) !== textOf(known);
  });
}

function textOf(value: unknown): string {
  return String(asNova(value)).toLowerCase();
}
