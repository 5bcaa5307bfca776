import type { DataSource } from 'typeorm';

/** The values that a lookup is asked for, in the order in which it names them. */
export type Key = readonly (string | number | null)[];

interface BatchLimits {
  /** For how many keys it is asked at once; the more, the longer one that is slow keeps the others waiting. */
  readonly maxKeys: number;
  /** How many batches may be under way; all but the first wait until they are full, or for a moment. */
  readonly maxInFlight: number;
}

/**
 * A question that is asked in many requests, each time for another key, and whose rows can all be read: the keys are
 * a table, `wanted`, to which others are joined. Its rows come in no order.
 */
export interface JoinedLookup extends BatchLimits {
  /** The tables and the columns of them that the values of a key are compared with; `wanted` has them by their names. */
  readonly key: { readonly table: string; readonly columns: readonly string[] };
  /** What is read of the tables in `from`. */
  readonly select: string;
  /** The first table with its `ON`, and what else is joined: `instances server ON server.uuid = wanted.uuid`. */
  readonly from: string;
}

/** A question of which each key has a limit, or an order, of its own: one is put behind the other. */
export interface SeparateLookup extends BatchLimits {
  /** `SELECT …` with a `?` for each value of the key, and a limit: without one the database may forget the order. */
  readonly sql: (source: DataSource) => string;
}

export type Lookup = JoinedLookup | SeparateLookup;

const SELECT = 'SELECT ';

/**
 * The question for so many keys. With each row comes, as `place`, whose it is: only the database knows which texts
 * it holds for equal, so nobody is given rows by comparing texts here.
 */
export function questionFor(lookup: Lookup, source: DataSource, keys: number): string {
  return 'sql' in lookup ? oneBehindTheOther(lookup.sql(source), keys) : joined(lookup, source, keys);
}

function oneBehindTheOther(sql: string, keys: number): string {
  const parts = Array.from(
    { length: keys },
    (_key, place) => `SELECT ${place} AS place, ${sql.slice(SELECT.length)}`,
  );
  return keys === 1 ? parts.join('') : parts.map((part) => `(${part})`).join(' UNION ALL ');
}

/**
 * The first part of `wanted` has no rows, but columns: from them the texts of the keys take their collation. In the
 * join the keys come first, whatever the database believes of the tables.
 */
function joined({ key, select, from }: JoinedLookup, source: DataSource, keys: number): string {
  const columns = key.columns.join(', ');
  const values = key.columns.map(() => '?').join(', ');
  const rows = Array.from({ length: keys }, (_key, place) => `SELECT ${place}, ${values}`);
  const wanted = [`SELECT 0 AS place, ${columns} FROM ${key.table} WHERE 1 = 0`, ...rows].join(' UNION ALL ');
  const first = source.options.type === 'better-sqlite3' ? 'CROSS JOIN' : 'STRAIGHT_JOIN';
  return `SELECT wanted.place, ${select} FROM (${wanted}) wanted ${first} ${from}`;
}
