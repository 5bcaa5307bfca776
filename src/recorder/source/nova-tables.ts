import type { TableName } from '../../ledger/cells/cell-states.js';
import { ACTION_COLUMNS, EVENT_COLUMNS, SERVER_COLUMNS } from '../../ledger/record/nova-rows.js';

/** A table of Nova, or its shadow table. */
export interface SourceTable {
  readonly table: TableName;
  readonly isShadow: boolean;
}

/** A table of Nova that the recorder copies. */
interface NovaTable {
  readonly name: string;
  /** The columns that the recorder copies. */
  readonly columns: readonly string[];
  /**
   * The columns of the CRC. A change of a row changes at least one of them. Texts such as tracebacks are not among
   * them: InnoDB would read them from other pages, and Nova changes them only together with other columns.
   */
  readonly summed: readonly string[];
  /** The column that the recorder reads together with the id of a changed row; undefined if the id suffices. */
  readonly key: string | undefined;
}

/** The name of the column with the CRC. */
const SUM = 'crc';

const TABLES: Readonly<Record<TableName, NovaTable>> = {
  actions: {
    name: 'instance_actions',
    columns: ACTION_COLUMNS,
    summed: [
      ...['id', 'instance_uuid', 'request_id', 'action', 'created_at', 'start_time', 'updated_at'],
      ...['finish_time', 'message', 'deleted'],
    ],
    key: undefined,
  },
  events: {
    name: 'instance_actions_events',
    columns: EVENT_COLUMNS,
    summed: [
      ...['id', 'action_id', 'event', 'host', 'created_at', 'start_time', 'updated_at', 'finish_time'],
      ...['result', 'deleted'],
    ],
    key: 'action_id',
  },
  servers: {
    name: 'instances',
    // The flavor is in `instance_extra`.
    columns: SERVER_COLUMNS.filter((column) => column !== 'flavor'),
    summed: ['id', 'uuid', 'updated_at', 'deleted', 'hidden', 'project_id', 'host', 'vm_state'],
    key: 'uuid',
  },
};

/** Returns the name of a table in Nova's database. */
export function tableName({ table, isShadow }: SourceTable): string {
  return `${isShadow ? 'shadow_' : ''}${TABLES[table].name}`;
}

/**
 * Returns the columns of a whole row, with its CRC, for a SELECT from the table as `t`. They are in the order of their
 * names, as in the bodies of entries.
 */
export function rowColumns(table: TableName): string {
  const columns = [...TABLES[table].columns, SUM].sort();
  return columns.map((column) => (column === SUM ? sumColumn(table) : `t.${column}`)).join(', ');
}

/** Returns the columns that identify a changed row, for a SELECT from the table as `t`. */
export function keyColumns(table: TableName): string {
  const { key } = TABLES[table];
  return ['t.id', ...(key === undefined ? [] : [`t.${key}`]), sumColumn(table)].join(', ');
}

/**
 * Returns the CRC of a row as SQL. Nova's database computes it, so that character sets and invalid dates have the same
 * CRC in every statement. A null has another CRC than an empty text.
 */
export function crc(table: TableName): string {
  const values = TABLES[table].summed.map((column) => `IFNULL(t.${column}, '~')`);
  return `CRC32(CONCAT_WS('|', ${values.join(', ')}))`;
}

function sumColumn(table: TableName): string {
  return `${crc(table)} AS ${SUM}`;
}
