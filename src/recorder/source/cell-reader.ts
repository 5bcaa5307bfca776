import type { RawTime } from '../../database/rows/time.js';
import type { PerTable, TableName } from '../../ledger/cells/cell-states.js';
import type { NovaAction, NovaEvent, NovaServer } from '../../ledger/record/nova-rows.js';
import type { SourceTable } from './nova-tables.js';

export type { SourceTable } from './nova-tables.js';

/** A row with its CRC, which Nova's database computes over the columns that may change. */
export type WithSum<Row> = Row & { readonly crc: number };

/** Removes the CRC, which is not part of the row. Changes the row, because copies of all rows would take much time. */
export function withoutSum<Row extends object>(row: Row): Row {
  return 'crc' in row ? Object.assign(row, { crc: undefined }) : row;
}

/** The id of a row with its CRC. */
export interface RowSum {
  readonly id: number;
  readonly crc: number;
}

/** A block of ids: the number of its rows, and the sum of their CRCs. */
export interface BlockSum {
  /** The id of a row divided by the size of a block. */
  readonly block: number;
  readonly count: number;
  readonly sum: number;
}

/** The rows of each of Nova's tables. */
interface NovaRow {
  readonly actions: NovaAction;
  readonly events: NovaEvent;
  readonly servers: NovaServer;
}

/** One consistent view of a cell. All statements use the primary key or an index, and read a limited number of rows. */
export interface CellSnapshot {
  /** The approximate number of bytes that the snapshot has read. */
  readonly bytes: number;
  /** Returns the highest ids of the main tables or of the shadow tables; 0 for an empty table. */
  maxIds(isShadow?: boolean): Promise<PerTable>;
  /** Returns rows from an id on, by ascending id. */
  actionsFrom(id: number, limit: number): Promise<WithSum<NovaAction>[]>;
  eventKeysFrom(id: number, limit: number): Promise<(RowSum & { readonly action_id: number | null })[]>;
  serverKeysFrom(id: number, limit: number): Promise<(RowSum & { readonly uuid: string })[]>;
  /** Returns the sums of the blocks with rows, for ids in `[from, to)`. */
  blockSums(source: SourceTable, size: number, from: number, to: number): Promise<BlockSum[]>;
  /** Returns the ids and CRCs in `[from, to)`; for events also `action_id`, for servers also `uuid`. */
  rowSums(
    source: SourceTable,
    from: number,
    to: number,
  ): Promise<(RowSum & { readonly action_id?: number | null; readonly uuid?: string })[]>;
  /** Returns the lowest id from `from` on; undefined without such an id. */
  firstId(source: SourceTable, from: number): Promise<number | undefined>;
  /** Returns the lowest id above an id whose row is younger than an age in milliseconds, by the clock of the database. */
  firstIdSince(table: TableName, above: number, age: number): Promise<number | undefined>;
  /** Returns rows by their ids, from the main or the shadow table. Leaves out ids above `MAX_ID`. */
  actions(ids: readonly number[], isShadow?: boolean): Promise<WithSum<NovaAction>[]>;
  events(ids: readonly number[], isShadow?: boolean): Promise<WithSum<NovaEvent>[]>;
  serversById(ids: readonly number[], isShadow?: boolean): Promise<WithSum<NovaServer>[]>;
  /**
   * Returns the events of actions, by ascending id, without ids above `MAX_ID`. Shadow tables have no index for this.
   */
  eventsOf(actionIds: readonly number[]): Promise<WithSum<NovaEvent>[]>;
  servers(uuids: readonly string[]): Promise<WithSum<NovaServer>[]>;
  /** Returns the ids of servers that changed at `since` or later, by ascending time. */
  changedServers(
    since: RawTime,
    limit: number,
  ): Promise<{ readonly id: number; readonly updated_at: RawTime }[]>;
  /** Returns at most `limit` rows with ids in `(above, upTo]`, by descending id. */
  page<Table extends TableName>(
    source: SourceTable & { readonly table: Table },
    above: number,
    upTo: number,
    limit: number,
  ): Promise<WithSum<NovaRow[Table]>[]>;
}

/** Reads one cell of Nova. */
export interface CellReader {
  /**
   * Runs `work` on one consistent snapshot. `work` may run again on another host, and must have no other effect.
   *
   * @throws DatabaseUnavailable if the cell is unreachable, or if the snapshot takes too long
   */
  snapshot<Result>(work: (cell: CellSnapshot) => Promise<Result>): Promise<Result>;
}
