import { copyId, MAX_ID } from '../copy/copy-id.js';
import type { DatabaseInteger, Store } from '../record/record.js';

/** The rows of one epoch of a cell. */
export interface Part {
  readonly cell: number;
  readonly epoch: number;
}

/** The number of rows that are read at a time. */
const PAGE = 500;

/** Reads the rows of a table of the copy in pages, by ascending id. */
export async function* pagesOf<Row extends { readonly id: DatabaseInteger }>(
  source: Store,
  table: string,
  columns: string,
  part: Part,
): AsyncGenerator<Row[]> {
  const last = copyId({ ...part, id: MAX_ID });
  const select = `SELECT ${columns} FROM ${table} WHERE id > ? AND id <= ? ORDER BY id LIMIT ${PAGE}`;
  yield* pagesAfter(
    copyId({ ...part, id: 0 }),
    ({ id }) => Number(id),
    (after) => source.query<Row[]>(select, [after, last]),
  );
}

/** Reads the entries of the record in pages. */
export function entryPages<Row extends { readonly position: DatabaseInteger }>(
  source: Store,
  columns: string,
): AsyncGenerator<Row[]> {
  const select = `SELECT ${columns} FROM entries WHERE position > ? ORDER BY position LIMIT ${PAGE}`;
  return pagesAfter(
    0,
    ({ position }) => Number(position),
    (after) => source.query<Row[]>(select, [after]),
  );
}

async function* pagesAfter<Row>(
  start: number,
  keyOf: (row: Row) => number,
  read: (after: number) => Promise<Row[]>,
): AsyncGenerator<Row[]> {
  for (let after = start; ;) {
    const page = await read(after);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = keyOf(last);
  }
}
