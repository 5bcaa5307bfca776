import type { DataSource } from 'typeorm';
import type { DatabaseInteger } from '../record/record.js';
import type { ArmEntries, ArmEntry } from './merge-arms.js';
import type { Arm } from './plan.js';
import { indexHint, type ResidualOf, type Sql } from './residual.js';
import { isSqlite } from '../../database/rows/is-sqlite.js';
import type { Sort } from './search-query.js';

/** The database that a search reads. */
export type SearchedStore = Pick<DataSource, 'query' | 'options'>;

/** An arm, with the maximum number of entries to read. */
export interface LimitedArm {
  readonly arm: Arm;
  readonly limit: number;
}

/** The positions of the record when a search read it. */
export interface Indexed {
  /** The position of the last entry of the record whose rows the search contains. */
  readonly position: number;
  /** The position of the last entry of the record. */
  readonly head: number;
}

interface Row {
  /** The index of the arm. */
  readonly arm: DatabaseInteger;
  readonly second: DatabaseInteger;
  readonly id: DatabaseInteger;
  readonly matches: DatabaseInteger | null;
}

/** The numbers of the two positions of the record among the arms. */
const POSITIONS = { search: -1, entries: -2 } as const;

/**
 * Reads the entries of arms with one statement. It reads each arm from its own index, and never more entries than the
 * limit: the conditions that the index does not contain are columns of the result.
 */
export async function readArms(
  store: SearchedStore,
  arms: readonly LimitedArm[],
  order: Sort,
  residualOf: ResidualOf,
): Promise<{ readonly arms: readonly ArmEntries[]; readonly indexed: Indexed }> {
  const isFile = isSqlite(store);
  const selects = [
    ...arms.map((limited, number) => armSelect(limited, number, order, residualOf(limited.arm), isFile)),
    ...Object.entries(POSITIONS).map(([name, number]) => ({
      text: `SELECT ${number} AS arm, 0 AS second, position AS id, 0 AS matches FROM record_head WHERE name = '${name}'`,
      values: [],
    })),
  ];
  // SQLite has no parentheses around the parts of a UNION.
  const texts = selects.map(({ text }) => (isFile ? `SELECT * FROM (${text})` : `(${text})`));
  const rows = await store.query<Row[]>(
    texts.join(' UNION ALL '),
    selects.flatMap(({ values }) => values),
  );
  const entries = arms.map((): ArmEntry[] => []);
  const positions = new Map<number, number>();
  for (const { arm, second, id, matches } of rows) {
    if (Number(arm) < 0) positions.set(Number(arm), Number(id));
    else
      entries[Number(arm)]?.push({ second: Number(second), id: Number(id), matches: Number(matches) === 1 });
  }
  return {
    arms: entries.map((read, number) => ({ entries: read, isCut: read.length === arms[number]?.limit })),
    indexed: { position: positions.get(POSITIONS.search) ?? 0, head: positions.get(POSITIONS.entries) ?? 0 },
  };
}

function armSelect(
  { arm, limit }: LimitedArm,
  number: number,
  order: Sort,
  residual: Sql | undefined,
  isFile: boolean,
): Sql {
  const { table, index, values, range } = arm;
  const alias = table === 'search_actions' ? 'found' : 'entry';
  const row = isFile ? 'search_actions found' : 'search_actions found FORCE INDEX (PRIMARY)';
  // With a LEFT JOIN, the database reads the entries first.
  const join =
    residual && table === 'search_hosts'
      ? ` LEFT JOIN ${row} ON found.second = entry.second AND found.id = entry.id`
      : '';
  const conditions = [
    ...Object.entries(values).map(([column, value]) => `${alias}.${column} = ${value}`),
    ...rangeConditions(alias, range, order),
  ];
  return {
    text: `SELECT ${number} AS arm, ${alias}.second AS second, ${alias}.id AS id, ${residual?.text ?? '1'} AS matches
      FROM ${table} ${alias} ${indexHint(index, isFile)}${join} WHERE ${conditions.join(' AND ')}
      ORDER BY ${alias}.second ${order}, ${alias}.id ${order} LIMIT ${limit}`,
    values: residual?.values ?? [],
  };
}

function rangeConditions(alias: string, { from, to, afterId }: Arm['range'], order: Sort): string[] {
  if (afterId === undefined) return [`${alias}.second BETWEEN ${from} AND ${to}`];
  return [`${alias}.second = ${from}`, `${alias}.id ${order === 'desc' ? '<' : '>'} ${afterId}`];
}
