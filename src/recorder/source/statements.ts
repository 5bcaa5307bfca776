import type { RawTime } from '../../database/rows/time.js';
import { type TableName, TABLE_NAMES } from '../../ledger/cells/cell-states.js';
import { crc, keyColumns, rowColumns, type SourceTable, tableName } from './nova-tables.js';

/** A SELECT with its values. Each one uses the primary key or an index of Nova's own schema. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

const ARCHIVED_EXTRA = 'shadow_instance_extra';

/** Selects the highest ids. */
export function maxIds(isShadow: boolean): Statement {
  const columns = TABLE_NAMES.map(
    (table) => `COALESCE((SELECT MAX(id) FROM ${tableName({ table, isShadow })}), 0) AS ${table}`,
  );
  return { sql: `SELECT ${columns.join(', ')}`, values: [] };
}

/** Selects actions from an id on. */
export function actionsFrom(id: number, limit: number): Statement {
  return from(rowColumns('actions'), 'actions', id, limit);
}

/** Selects the keys and CRCs of rows from an id on. */
export function keysFrom(table: TableName, id: number, limit: number): Statement {
  return from(keyColumns(table), table, id, limit);
}

/** Selects the lowest id from an id on. */
export function idsFrom(source: SourceTable, id: number): Statement {
  return {
    sql: `SELECT t.id FROM ${tableName(source)} t WHERE t.id >= ? ORDER BY t.id LIMIT 1`,
    values: [id],
  };
}

/** Selects the lowest id above an id whose row Nova has created during the last seconds. */
export function idsSince(table: TableName, above: number, seconds: number): Statement {
  const time = 'UTC_TIMESTAMP() - INTERVAL ? SECOND';
  return {
    sql: `SELECT t.id FROM ${tableName({ table, isShadow: false })} t
      WHERE t.id > ? AND t.created_at >= ${time} ORDER BY t.id LIMIT 1`,
    values: [above, seconds],
  };
}

/** Selects the sums of blocks of ids. */
export function blockSums(source: SourceTable, size: number, start: number, end: number): Statement {
  return {
    sql: `SELECT t.id DIV ${size} AS block, COUNT(*) AS count, CAST(SUM(${crc(source.table)}) AS UNSIGNED) AS sum
      FROM ${tableName(source)} t WHERE t.id >= ? AND t.id < ? GROUP BY block ORDER BY block`,
    values: [start, end],
  };
}

/** Selects the keys and CRCs of the rows in a range of ids. */
export function rowSums(source: SourceTable, start: number, end: number): Statement {
  return {
    sql: `SELECT ${keyColumns(source.table)} FROM ${tableName(source)} t WHERE t.id >= ? AND t.id < ? ORDER BY t.id`,
    values: [start, end],
  };
}

/** Selects rows by their ids. */
export function rowsById(source: SourceTable, ids: readonly number[]): Statement {
  return { sql: `${wholeRows(source)} WHERE t.id IN (?) ORDER BY t.id`, values: [ids] };
}

/** Selects servers by their UUIDs. */
export function serversByUuid(uuids: readonly string[]): Statement {
  return { sql: `${wholeRows({ table: 'servers', isShadow: false })} WHERE t.uuid IN (?)`, values: [uuids] };
}

/** Selects the events of actions. */
export function eventsOf(actionIds: readonly number[], limit: number): Statement {
  return {
    sql: `${wholeRows({ table: 'events', isShadow: false })} WHERE t.action_id IN (?)
      ORDER BY t.action_id, t.id LIMIT ?`,
    values: [actionIds, limit],
  };
}

/** Selects the events of one action above an id. */
export function eventsOfAfter(actionId: number, id: number, limit: number): Statement {
  return {
    sql: `${wholeRows({ table: 'events', isShadow: false })} WHERE t.action_id = ? AND t.id > ?
      ORDER BY t.id LIMIT ?`,
    values: [actionId, id, limit],
  };
}

/** Selects servers by the time of their last change. Only `instances` has an index that begins with this time. */
export function changedServers(since: RawTime, limit: number): Statement {
  return {
    sql: `SELECT id, updated_at FROM instances FORCE INDEX (instances_updated_at_project_id_idx)
      WHERE updated_at >= ? ORDER BY updated_at LIMIT ?`,
    values: [since, limit],
  };
}

/** Selects the first row, from an id on, of `shadow_instance_extra`, which has no index on the UUID of the server. */
export function archivedExtraFrom(id: number): Statement {
  return {
    sql: `SELECT t.id, t.created_at FROM ${ARCHIVED_EXTRA} t WHERE t.id >= ? ORDER BY t.id LIMIT 1`,
    values: [id],
  };
}

/** Selects the highest id of `shadow_instance_extra`. */
export function maxArchivedExtra(): Statement {
  return { sql: `SELECT MAX(id) AS id FROM ${ARCHIVED_EXTRA}`, values: [] };
}

/** Selects the flavors of archived servers, by ascending id of `shadow_instance_extra`. */
export function archivedFlavorsFrom(id: number, limit: number): Statement {
  return {
    sql: `SELECT t.id, t.created_at, t.instance_uuid, t.flavor FROM ${ARCHIVED_EXTRA} t
      WHERE t.id >= ? ORDER BY t.id LIMIT ?`,
    values: [id, limit],
  };
}

/** Selects rows by descending id. */
export function page(source: SourceTable, above: number, upTo: number, limit: number): Statement {
  return {
    sql: `${wholeRows(source)} WHERE t.id > ? AND t.id <= ? ORDER BY t.id DESC LIMIT ?`,
    values: [above, upTo, limit],
  };
}

/**
 * Returns statements that select no rows. One fails if the account may not read its table, or if the table lacks a
 * column.
 */
export function checks(): readonly (Statement & { readonly table: string })[] {
  return [false, true].flatMap((isShadow) => {
    const copied = TABLE_NAMES.map((table) => {
      const name = tableName({ table, isShadow });
      return { table: name, sql: `SELECT ${rowColumns(table)} FROM ${name} t LIMIT 0`, values: [] };
    });
    const extra = isShadow ? ARCHIVED_EXTRA : 'instance_extra';
    const sql = `SELECT id, created_at, instance_uuid, flavor FROM ${extra} LIMIT 0`;
    return [...copied, { table: extra, sql, values: [] }];
  });
}

function from(columns: string, table: TableName, id: number, limit: number): Statement {
  return {
    sql: `SELECT ${columns} FROM ${tableName({ table, isShadow: false })} t WHERE t.id >= ? ORDER BY t.id LIMIT ?`,
    values: [id, limit],
  };
}

/** Returns a SELECT of whole rows. `shadow_instance_extra` has no index for the join: see `archivedFlavors`. */
function wholeRows(source: SourceTable): string {
  const select = `SELECT ${rowColumns(source.table)}`;
  if (source.table !== 'servers') return `${select} FROM ${tableName(source)} t`;
  if (source.isShadow) return `${select}, NULL AS flavor FROM ${tableName(source)} t`;
  return `${select}, x.flavor FROM instances t LEFT JOIN instance_extra x ON x.instance_uuid = t.uuid`;
}
