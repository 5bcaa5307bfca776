import type { DataSource } from 'typeorm';
import { isSqlite } from './is-sqlite.js';

/** The values for which a lookup searches, in the order of the key columns of the lookup. */
export type Key = readonly (string | number | null)[];

/** The limits of the batches of a lookup: one batch is one query for the keys of several requests. */
interface BatchLimits {
  /**
   * The maximum number of keys in one query. It is limited because one key with many rows delays all requests in the
   * query.
   */
  readonly maxKeys: number;
  /**
   * The maximum number of queries in flight. While a query is in flight, the next one waits a few milliseconds for more
   * keys, or until it has `maxKeys` keys.
   */
  readonly maxInFlight: number;
}

/**
 * A query that returns all rows of a key, in any order. One SQL statement reads the rows for several keys: the keys are
 * the rows of a derived table named `wanted`, with which the other tables are joined.
 */
export interface JoinedLookup extends BatchLimits {
  /**
   * The columns of the key, and the table that contains these columns, in braces. The derived table `wanted`, which
   * contains the requested keys, has columns with the same names.
   */
  readonly key: { readonly table: InBraces; readonly columns: readonly string[] };
  /** The columns that the query returns, from the tables in `from`. */
  readonly select: string;
  /**
   * The first table with its `ON` condition, and further joins. All names of tables are in braces. Example:
   * `{instances} server ON server.uuid = wanted.uuid`.
   */
  readonly from: InBraces;
}

/** A text that begins with the name of a table in braces: see `withTableNames`. */
export type InBraces = `{${string}}${string}`;

/**
 * A query that needs an order or a limit for each key. `UNION ALL` combines the queries for several keys into one
 * statement.
 */
export interface SeparateLookup extends BatchLimits {
  /**
   * Returns a `SELECT` with one `?` for each value of the key. A `SELECT` with an order must also have a limit: in a
   * `UNION`, the database may ignore an order without a limit. The query builder adds the prefix of the tables.
   */
  readonly sql: (source: DataSource) => string;
}

export type Lookup = JoinedLookup | SeparateLookup;

const SELECT = 'SELECT ';

/**
 * Replaces each table name in braces by the name of the table in a database: `{instances}` becomes `instances`, or
 * `copied_instances` in the copy of Nova's rows.
 */
export function withTableNames(sql: string, { options: { entityPrefix = '' } }: DataSource): string {
  return sql.replaceAll(/\{(\w+)\}/g, `${entityPrefix}$1`);
}

/**
 * Returns the SQL statement for a number of keys. Each returned row has a column `place`: the index of the key to which
 * the row belongs. This code cannot find the key by comparing texts, because the collation of the database determines
 * which texts are equal.
 */
export function lookupSql(lookup: Lookup, source: DataSource, keys: number): string {
  return 'sql' in lookup
    ? united(lookup.sql(source), keys)
    : withTableNames(joined(lookup, source, keys), source);
}

function united(sql: string, keys: number): string {
  const parts = Array.from(
    { length: keys },
    (_key, place) => `SELECT ${place} AS place, ${sql.slice(SELECT.length)}`,
  );
  return keys === 1 ? parts.join('') : parts.map((part) => `(${part})`).join(' UNION ALL ');
}

/**
 * Returns the SQL statement of a joined lookup. The first `SELECT` in `wanted` returns no rows. Its columns give the
 * keys the collation of the table, so that the database can use the index. The join always starts with the keys,
 * regardless of table statistics.
 */
function joined({ key, select, from }: JoinedLookup, source: DataSource, keys: number): string {
  const columns = key.columns.join(', ');
  const values = key.columns.map(() => '?').join(', ');
  const rows = Array.from({ length: keys }, (_key, place) => `SELECT ${place}, ${values}`);
  const wanted = [`SELECT 0 AS place, ${columns} FROM ${key.table} WHERE 1 = 0`, ...rows].join(' UNION ALL ');
  const first = isSqlite(source) ? 'CROSS JOIN' : 'STRAIGHT_JOIN';
  return `SELECT wanted.place, ${select} FROM (${wanted}) wanted ${first} ${from}`;
}
