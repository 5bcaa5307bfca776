import { COPIED } from './copied-rows.js';
import { partsOf } from './copy-id.js';
import type { Place } from '../record/entry.js';
import type { DatabaseInteger, Store } from '../record/record.js';
import { inChunks } from '../../database/rows/write-rows.js';

/** A row that the copy has. */
export interface KnownRow {
  readonly copyId: number;
  readonly epoch: number;
  /** The fingerprint of the row with its events, from `fingerprintOf`. */
  readonly fingerprint: string;
  /** The position of the newest entry about the row alone: the `previous` of the next one. */
  readonly position: number;
  /** The position of the newest entry that changed the row. It may be an entry about several rows. */
  readonly touched: number;
  readonly place: Place;
}

type Row = Readonly<Record<'id' | 'position' | 'touched', DatabaseInteger>> & {
  readonly fingerprint: string;
  readonly place: Place;
};

const COLUMNS = 'id, fingerprint, position, touched, place';

/** A range of ids is read as a whole if it has fewer than this number of ids for each wanted row. */
const MAX_IDS_PER_ROW = 4;

/** Returns the rows of the copy with these ids, in any order. */
export async function knownRows(
  store: Store,
  table: 'actions' | 'servers',
  copyIds: readonly number[],
): Promise<KnownRow[]> {
  const select = `SELECT ${COLUMNS} FROM ${COPIED[table]} WHERE id`;
  const sorted = copyIds.toSorted((one, other) => one - other);
  const rows = await inChunks(sorted, (ids, marks) => {
    const [first = 0, last = 0] = [ids[0], ids.at(-1)];
    // The rows of the past have neighbouring ids, and usually the copy has none of them yet. Then a range is faster.
    return last - first < MAX_IDS_PER_ROW * ids.length
      ? store.query<Row[]>(`${select} BETWEEN ? AND ?`, [first, last])
      : store.query<Row[]>(`${select} IN (${marks})`, ids);
  });
  const wanted = new Set(copyIds);
  return rows.map(knownOf).filter(({ copyId }) => wanted.has(copyId));
}

/** Counts the rows of the copy with ids in `[from, to)` in each place. */
export async function countByPlace(
  store: Store,
  table: 'actions' | 'servers',
  from: number,
  to: number,
): Promise<Map<Place, number>> {
  const rows = await store.query<{ place: Place; total: DatabaseInteger }[]>(
    `SELECT place, COUNT(*) AS total FROM ${COPIED[table]} WHERE id >= ? AND id < ? GROUP BY place`,
    [from, to],
  );
  return new Map(rows.map(({ place, total }) => [place, Number(total)]));
}

function knownOf({ id, fingerprint, position, touched, place }: Row): KnownRow {
  const copyId = Number(id);
  const { epoch } = partsOf(copyId);
  return {
    copyId,
    epoch,
    fingerprint,
    position: Number(position),
    touched: Number(touched),
    place,
  };
}
