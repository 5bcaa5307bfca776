import type { DataSource } from 'typeorm';

/** The values that a lookup searches for, in the order of the columns of its key. */
export type Key = readonly (string | number | null)[];

/** The limits of the batches of a lookup. */
interface BatchLimits {
  /** The maximum number of keys in one query. With more keys, a slow key delays more requests. */
  readonly maxKeys: number;
  /** The maximum number of queries in flight. All except the first wait a few milliseconds, or until they are full. */
  readonly maxInFlight: number;
}

/**
 * A query that returns all rows of a key, in no order. Many requests run it, each with a different key. In the SQL, the
 * keys of a batch are the rows of a derived table named `wanted`, which is joined with the other tables.
 */
export interface JoinedLookup extends BatchLimits {
  /** The columns that are compared with the key, and their table. `wanted` has columns with the same names. */
  readonly key: { readonly table: string; readonly columns: readonly string[] };
  /** The columns that are read from the tables in `from`. */
  readonly select: string;
  /** The first table with its `ON`, and further joins: `instances server ON server.uuid = wanted.uuid`. */
  readonly from: string;
}

/** A query with its own order or limit for each key. `UNION ALL` combines the queries for several keys. */
export interface SeparateLookup extends BatchLimits {
  /** Returns a `SELECT` with one `?` for each value of the key. Without a limit, the database may ignore its order. */
  readonly sql: (source: DataSource) => string;
}

export type Lookup = JoinedLookup | SeparateLookup;

const SELECT = 'SELECT ';

/**
 * Returns the SQL for a number of keys. Each row has a column `place`, the index of its key. Only the database can match
 * rows with keys, because its collation determines which texts are equal.
 */
export function lookupSql(lookup: Lookup, source: DataSource, keys: number): string {
  return 'sql' in lookup ? united(lookup.sql(source), keys) : joined(lookup, source, keys);
}

function united(sql: string, keys: number): string {
  const parts = Array.from(
    { length: keys },
    (_key, place) => `SELECT ${place} AS place, ${sql.slice(SELECT.length)}`,
  );
  return keys === 1 ? parts.join('') : parts.map((part) => `(${part})`).join(' UNION ALL ');
}

/**
 * Returns the SQL of a joined lookup. The first `SELECT` in `wanted` has no rows; its columns give the keys the collation
 * of the table, so that the index can be used. The join always starts with the keys, regardless of table statistics.
 */
function joined({ key, select, from }: JoinedLookup, source: DataSource, keys: number): string {
  const columns = key.columns.join(', ');
  const values = key.columns.map(() => '?').join(', ');
  const rows = Array.from({ length: keys }, (_key, place) => `SELECT ${place}, ${values}`);
  const wanted = [`SELECT 0 AS place, ${columns} FROM ${key.table} WHERE 1 = 0`, ...rows].join(' UNION ALL ');
  const first = source.options.type === 'better-sqlite3' ? 'CROSS JOIN' : 'STRAIGHT_JOIN';
  return `SELECT wanted.place, ${select} FROM (${wanted}) wanted ${first} ${from}`;
}
