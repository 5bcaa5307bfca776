import { groupBy } from '../../common/group-by.js';
import { inChunks } from '../../database/rows/write-rows.js';
import { MAX_ID, partsOf } from '../copy/copy-id.js';
import type { DatabaseInteger, Store } from '../record/record.js';
import { type ChangedActions, changedActions, entryHeadsAfter } from '../search/changed-actions.js';
import { searchRowsOf } from '../search/index-actions.js';
import { readProgress } from '../search/progress.js';
import { ACTION_ROWS, HOST_ROWS, type SearchTable } from '../search/write-search-rows.js';
import type { SearchRow } from '../search/search-row.js';

/** A search row that differs from the rows of its action, or whose action does not exist. */
export interface SearchDifference {
  readonly id: number;
  /** The position of the newest entry about an action of the store itself, if the search row has an older one. */
  readonly position: number | undefined;
  /** A human-readable description of the difference. */
  readonly text: string;
}

type IdRow = Readonly<Record<'id', DatabaseInteger>>;
type Row = IdRow & Readonly<Record<string, unknown>>;

/** The number of rows that one page of the comparison reads. */
const PAGE = 1_000;

/**
 * Compares the search rows of a store with its actions. Yields the differences in pages.
 *
 * @param expected a store with the copy, and with the table `own_positions`: the position of the newest entry about each
 * action of the store itself
 */
export async function* compareSearch(
  store: Store,
  expected: Store,
): AsyncGenerator<readonly SearchDifference[]> {
  const own = { store, table: 'instance_actions', from: 1, to: MAX_ID };
  const copied = {
    store: expected,
    table: 'copied_instance_actions',
    from: MAX_ID + 1,
    to: Number.MAX_SAFE_INTEGER,
  };
  for (const source of [own, copied]) {
    for (let from = source.from; from <= source.to;) {
      const wanted = await idsFrom(source.store, source.table, from, source.to);
      const found = await idsFrom(store, 'search_actions', from, source.to);
      const upTo = Math.min(
        ...[wanted, found].map((ids) => (ids.length < PAGE ? source.to : (ids.at(-1) ?? 0))),
      );
      const ids = [...new Set([...wanted, ...found])].filter((id) => id <= upTo);
      yield await differencesOf(store, source.store, ids, await ownPositions(expected, ids));
      from = upTo + 1;
    }
  }
}

/** Returns a function that returns true for the id of an action if the indexer still has to write its search row. */
export async function pendingActions(store: Store): Promise<(id: number) => boolean> {
  const { indexed, below } = await readProgress(store);
  const changed = new Set<number>();
  for (let last: number | undefined = indexed.position; last !== undefined;) {
    const entries = await entryHeadsAfter(store, last, PAGE);
    for (const id of (await changedActions(store, entries)).keys()) changed.add(id);
    last = entries.at(-1)?.position;
  }
  return (id) => changed.has(id) || id < below[id > MAX_ID ? 'search-copied' : 'search-own'];
}

async function idsFrom(store: Store, table: string, from: number, to: number): Promise<number[]> {
  const select = `SELECT id FROM ${table} WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ${PAGE}`;
  return (await store.query<IdRow[]>(select, [from, to])).map(({ id }) => Number(id));
}

async function ownPositions(expected: Store, ids: readonly number[]): Promise<ChangedActions> {
  const rows = await inChunks(ids, (chunk, marks) =>
    expected.query<Record<'id' | 'position', number>[]>(
      `SELECT id, position FROM own_positions WHERE id IN (${marks})`,
      chunk,
    ),
  );
  const positions = new Map(rows.map(({ id, position }) => [id, position]));
  return new Map(ids.map((id) => [id, positions.get(id)]));
}

async function differencesOf(
  store: Store,
  source: Store,
  ids: readonly number[],
  positions: ChangedActions,
): Promise<SearchDifference[]> {
  const rows = await searchRowsOf(source, positions);
  const stored = [await storedIn(store, ACTION_ROWS, ids), await storedIn(store, HOST_ROWS, ids)] as const;
  return ids.flatMap((id) => {
    const row = rows.get(id);
    const [actions = [], hosts = []] = stored.map((table) => table.get(id));
    const isEqual = areRowsOf(ACTION_ROWS, row, actions) && areRowsOf(HOST_ROWS, row, hosts);
    if (isEqual) return [];
    const { cell, epoch, id: novaId } = partsOf(id);
    const problem =
      row === undefined ? 'must not exist' : actions.length === 0 ? 'is missing' : 'differs from the action';
    const text = `search_actions: the row of the action ${novaId} of cell ${cell} and epoch ${epoch} ${problem}`;
    const known = Number(actions[0]?.['position'] ?? 0);
    const position = positions.get(id);
    return [{ id, text, position: position !== undefined && position > known ? position : undefined }];
  });
}

async function storedIn(
  store: Store,
  { name }: SearchTable,
  ids: readonly number[],
): Promise<ReadonlyMap<number, Row[]>> {
  const rows = await inChunks(ids, (chunk, marks) =>
    store.query<Row[]>(`SELECT * FROM ${name} WHERE id IN (${marks})`, chunk),
  );
  return groupBy(rows, ({ id }) => Number(id));
}

/** Returns true if the rows of a table are those of a search row. */
function areRowsOf(
  { columns, valuesOf }: SearchTable,
  row: SearchRow | undefined,
  stored: readonly Row[],
): boolean {
  const expected = row === undefined ? [] : valuesOf(row);
  const found = stored.map((one) => columns.map((column) => one[column]));
  return sortedText(expected) === sortedText(found);
}

/** Returns a text. MariaDB returns some numbers as texts. */
function sortedText(rows: readonly (readonly unknown[])[]): string {
  return rows
    .map((values) => values.map(String).join())
    .sort()
    .join(';');
}
