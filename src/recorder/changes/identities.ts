import type { TableName } from '../../ledger/cells/cell-states.js';
import { copyId, MAX_ID, partsOf } from '../../ledger/copy/copy-id.js';
import { asNova, type CopiedRow, copiedRows } from '../../ledger/copy/copied-values.js';
import { type CellContext, queryStore } from '../cell-context.js';

/** The error if Nova has assigned the id of a known row to another row. */
export class IdsReused extends Error {
  constructor(
    readonly table: TableName,
    readonly id: number,
  ) {
    super(`Nova has assigned the id ${id} of ${table} again`);
  }
}

/** The columns that Nova never changes in a row. If one of them differs, Nova has assigned the id to another row. */
const IDENTITY: Readonly<Record<TableName, readonly string[]>> = {
  actions: ['instance_uuid', 'request_id', 'action', 'user_id', 'project_id', 'start_time', 'created_at'],
  events: ['action_id', 'event', 'host', 'start_time', 'created_at'],
  servers: ['uuid'],
};

/** The columns that have another name in the copy, as `{'name in Nova': 'name in the copy'}`. */
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

/**
 * Compares rows of Nova with the rows of the copy that have the same ids.
 *
 * @param rows the rows, with the epochs of their ids; undefined for the current epoch
 * @throws IdsReused if a row is not the same row as that of the copy
 */
export async function requireSameRows(
  cell: CellContext,
  table: TableName,
  rows: readonly { readonly row: { readonly id: number }; readonly epoch: number | undefined }[],
): Promise<void> {
  if (rows.length === 0) return;
  const byCopyId = new Map(
    rows.map(({ row, epoch = cell.epoch }) => {
      return [copyId({ cell: cell.cell.number, epoch, id: row.id }), row] as const;
    }),
  );
  const copied = await queryStore(cell, (store) =>
    copiedRows(store, table, copiedIdentity(table), [...byCopyId.keys()]),
  );
  for (const [id, old] of copied) {
    const row = byCopyId.get(id);
    if (row !== undefined && isOtherRow(table, row, old)) throw new IdsReused(table, row.id);
  }
}

function textOf(value: unknown): string {
  return String(asNova(value)).toLowerCase();
}
