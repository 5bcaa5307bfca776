import { format } from 'mysql2';
import { type Backup, type CellTruth, type Change, type Row, type Table, TABLES } from './truth.js';

const CHILDREN_FIRST = [...TABLES].reverse();

/** Returns the statements of a transaction with changes in the main tables. */
export function changeStatements(truth: CellTruth, changes: readonly Change[]): string[] {
  const of = (table: Table): Change[] => changes.filter((one) => one.table === table);
  const inserted = ({ table, id, row }: Change): Row[] =>
    row !== undefined && truth.find(table, id) === undefined ? [row] : [];
  return [
    ...TABLES.flatMap((table) => insert(table, of(table).flatMap(inserted))),
    ...changes.flatMap((change) => update(truth, change)),
    ...CHILDREN_FIRST.flatMap((table) =>
      remove(
        table,
        of(table).filter(({ row }) => row === undefined),
      ),
    ),
  ];
}

/** Returns the statements of an archiving transaction, in the order in which Nova sends them. */
export function archiveStatements(moved: readonly Change[]): string[] {
  const children = CHILDREN_FIRST.filter((table) => table !== 'instances');
  const of = (table: Table): Change[] => moved.filter((one) => one.table === table);
  return [
    ...children.flatMap((table) => copy(table, of(table))),
    ...children.flatMap((table) => remove(table, of(table))),
    ...copy('instances', of('instances')),
    ...remove('instances', of('instances')),
  ];
}

/** Returns the statements that replace all rows by those of a backup. */
export function restoreStatements(backup: Backup): string[] {
  const rows = (table: Table, isShadow: boolean): Row[] =>
    [...backup[table].values()].filter((one) => one.isShadow === isShadow).map(({ row }) => row);
  return [
    ...CHILDREN_FIRST.flatMap((table) => [`DELETE FROM ${table}`, `DELETE FROM shadow_${table}`]),
    ...TABLES.flatMap((table) => [
      ...insert(table, rows(table, false)),
      ...insert(`shadow_${table}`, rows(table, true)),
    ]),
  ];
}

function insert(table: string, rows: readonly Row[]): string[] {
  const [first] = rows;
  if (first === undefined) return [];
  const columns = Object.keys(first);
  const values = rows.map((row) => columns.map((column) => row[column] ?? null));
  return [format('INSERT INTO ?? (??) VALUES ?', [table, columns, values])];
}

function update(truth: CellTruth, { table, id, row }: Change): string[] {
  const old = truth.find(table, id)?.row;
  if (row === undefined || old === undefined) return [];
  const changed = Object.entries(row).filter(([column, value]) => old[column] !== value);
  if (changed.length === 0) return [];
  return [format('UPDATE ?? SET ? WHERE id = ?', [table, Object.fromEntries(changed), id])];
}

function copy(table: Table, changes: readonly Change[]): string[] {
  if (changes.length === 0) return [];
  const ids = changes.map(({ id }) => id);
  return [format('INSERT INTO ?? SELECT * FROM ?? WHERE id IN (?)', [`shadow_${table}`, table, ids])];
}

function remove(table: Table, changes: readonly Change[]): string[] {
  return changes.length === 0
    ? []
    : [format('DELETE FROM ?? WHERE id IN (?)', [table, changes.map(({ id }) => id)])];
}
