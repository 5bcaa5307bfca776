import { partsOf } from '../copy/copy-id.js';
import type { Store } from '../record/record.js';
import { inChunks } from '../../database/rows/write-rows.js';

export type CopiedRow = Readonly<Record<string, string | number | null>>;

/** A table that follows from the entries of the record. */
export interface ProjectedTable {
  readonly name: string;
  /** The column by which the rows are compared. */
  readonly key: 'id' | 'position';
  /** The columns of the primary key. */
  readonly primaryKey: string;
}

export const PROJECTED_TABLES: readonly ProjectedTable[] = [
  { name: 'copied_instances', key: 'id', primaryKey: 'id' },
  { name: 'copied_instance_actions', key: 'id', primaryKey: 'id' },
  { name: 'copied_instance_actions_events', key: 'id', primaryKey: 'id' },
  { name: 'record_gaps', key: 'position', primaryKey: 'position' },
  { name: 'record_epochs', key: 'position', primaryKey: 'cell, epoch' },
];

/** A row of the store that differs from the record. */
export interface Difference {
  /** The row that follows from the record; undefined if the store must not have the row. */
  readonly expected: CopiedRow | undefined;
  readonly key: number;
  /** A human-readable description of the difference. */
  readonly text: string;
}

/** The number of rows that one page of the comparison reads. */
const PAGE = 1_000;

/** Compares a table of the store with the same table of another store. Yields the differences in pages. */
export async function* compareTable(
  table: ProjectedTable,
  store: Store,
  expected: Store,
): AsyncGenerator<readonly Difference[]> {
  for (let last = 0, isEnd = false; !isEnd;) {
    const [wanted, found] = [await readPage(table, expected, last), await readPage(table, store, last)];
    isEnd = wanted.size < PAGE && found.size < PAGE;
    const upTo = Math.min(endOf(wanted), endOf(found));
    const keys = [...new Set([...wanted.keys(), ...found.keys()])].filter((key) => key <= upTo);
    const differences = keys.flatMap(
      (key) => differenceOf(table, key, wanted.get(key), found.get(key)) ?? [],
    );
    yield await withoutStaged(table, store, differences, found);
    last = upTo;
  }
}

async function readPage(
  { name, key }: ProjectedTable,
  store: Store,
  after: number,
): Promise<Map<number, CopiedRow>> {
  const select = `SELECT * FROM ${name} WHERE ${key} > ? ORDER BY ${key} LIMIT ${PAGE}`;
  const rows = await store.query<CopiedRow[]>(select, [after]);
  return new Map(rows.map((row) => [Number(row[key]), row]));
}

/** Returns the last key of a page. A page that is not full has all further rows, so its last key is the maximum. */
function endOf(page: ReadonlyMap<number, CopiedRow>): number {
  return page.size < PAGE ? Number.MAX_SAFE_INTEGER : Math.max(...page.keys());
}

function differenceOf(
  { name, key: column }: ProjectedTable,
  key: number,
  expected: CopiedRow | undefined,
  found: CopiedRow | undefined,
): Difference | undefined {
  const { cell, epoch, id } = partsOf(key);
  const row =
    column === 'id'
      ? `${name}: the row ${id} of cell ${cell} and epoch ${epoch}`
      : `${name}: the row of entry ${key}`;
  if (expected === undefined) return { expected, key, text: `${row} does not follow from the record` };
  if (found === undefined) return { expected, key, text: `${row} is missing` };
  const columns = Object.keys(expected).filter((one) => comparable(expected[one]) !== comparable(found[one]));
  return columns.length === 0
    ? undefined
    : { expected, key, text: `${row} differs in ${columns.join(', ')}` };
}

/** Returns a comparable text. Databases return numbers as numbers or texts, and times with or without a fraction. */
function comparable(value: string | number | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  const text = String(value);
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text) ? `${text}.000000` : text;
}

/** Removes the differences of events whose action is not in the copy yet: the recorder writes such events first. */
async function withoutStaged(
  { name }: ProjectedTable,
  store: Store,
  differences: readonly Difference[],
  found: ReadonlyMap<number, CopiedRow>,
): Promise<readonly Difference[]> {
  if (name !== 'copied_instance_actions_events') return differences;
  const actionOf = ({ key }: Difference): number => Number(found.get(key)?.['action_id']);
  const extra = differences.filter(({ expected }) => expected === undefined);
  const actions = await inChunks([...new Set(extra.map(actionOf))], (ids, marks) =>
    store.query<CopiedRow[]>(`SELECT id FROM copied_instance_actions WHERE id IN (${marks})`, ids),
  );
  const known = new Set(actions.map(({ id }) => Number(id)));
  return differences.filter((one) => one.expected !== undefined || known.has(actionOf(one)));
}
