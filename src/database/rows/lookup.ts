import type { DataSource } from 'typeorm';

/** The values that a lookup searches for, in the order of its columns. */
export type Key = readonly (string | number | null)[];

interface BatchLimits {
  /** The most keys in one query. The more there are, the longer a slow one delays the others. */
  readonly maxKeys: number;
  /** The most queries at the same time. All but the first wait until they are full, or for a few milliseconds. */
  readonly maxInFlight: number;
}

/**
 * A query that many requests run, each with another key, and that returns all rows of a key. The keys are a table,
 * `wanted`, to which other tables are joined. The rows come in no order.
 */
export interface JoinedLookup extends BatchLimits {
  /** The columns that the values of a key are compared with, and their tables. `wanted` has columns of the same names. */
  readonly key: { readonly table: string; readonly columns: readonly string[] };
  /** The columns that are read from the tables in `from`. */
  readonly select: string;
  /** The first table with its `ON`, and further joins: `instances server ON server.uuid = wanted.uuid`. */
  readonly from: string;
}

/** A query with a limit or an order for each key: the queries for several keys become one by `UNION ALL`. */
export interface SeparateLookup extends BatchLimits {
  /** `SELECT …` with a `?` for each value of the key, and a limit: without one the database may ignore the order. */
  readonly sql: (source: DataSource) => string;
}

export type Lookup = JoinedLookup | SeparateLookup;

const SELECT = 'SELECT ';

/**
 * The SQL for so many keys. The column `place` of a row says which key the row belongs to: only the database knows which
 * texts are equal by its collation, so texts are not compared here.
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
 * The first part of `wanted` has no rows, but its columns give the keys the collation of the table. The join begins with
 * the keys, whatever the statistics of the tables say.
 */
function joined({ key, select, from }: JoinedLookup, source: DataSource, keys: number): string {
  const columns = key.columns.join(', ');
  const values = key.columns.map(() => '?').join(', ');
  const rows = Array.from({ length: keys }, (_key, place) => `SELECT ${place}, ${values}`);
  const wanted = [`SELECT 0 AS place, ${columns} FROM ${key.table} WHERE 1 = 0`, ...rows].join(' UNION ALL ');
  const first = source.options.type === 'better-sqlite3' ? 'CROSS JOIN' : 'STRAIGHT_JOIN';
  return `SELECT wanted.place, ${select} FROM (${wanted}) wanted ${first} ${from}`;
}
