import type { TableName } from './cell-states.js';
import { partsOf } from './copy-id.js';
import type { Place } from './entry.js';
import type { Store } from './ledger.js';
import { inChunks } from './write-rows.js';

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

/** A server that the copy has. */
export interface KnownServer extends KnownRow {
  readonly serverUuid: string | null;
}

type Row = Readonly<Record<'id' | 'position' | 'touched', number | string>> & {
  readonly fingerprint: string;
  readonly place: Place;
  readonly server_uuid?: string | null;
};

const TABLES = {
  actions: 'copied_instance_actions',
  events: 'copied_instance_actions_events',
  servers: 'copied_instances',
} as const;

const COLUMNS = 'id, fingerprint, position, touched, place';

/** Returns the rows of the copy with these ids, in any order. */
export async function knownRows(
  store: Store,
  table: 'actions' | 'servers',
  copyIds: readonly number[],
): Promise<KnownRow[]> {
  const select = `SELECT ${COLUMNS} FROM ${TABLES[table]} WHERE id IN`;
  const rows = await inChunks(copyIds, (ids, marks) => store.query<Row[]>(`${select} (${marks})`, ids));
  return rows.map(knownOf);
}

/** Returns the rows of the copy of these servers, in any order. A server may have rows in several cells. */
export async function knownServers(store: Store, uuids: readonly string[]): Promise<KnownServer[]> {
  const select = `SELECT ${COLUMNS}, server_uuid FROM copied_instances WHERE server_uuid IN`;
  const rows = await inChunks(uuids, (some, marks) => store.query<Row[]>(`${select} (${marks})`, some));
  return rows.map((row) => ({ ...knownOf(row), serverUuid: row.server_uuid ?? null }));
}

/**
 * Counts the rows of the copy with ids in `[from, to)`.
 *
 * @param place counts only the rows in this place; events have none
 */
export async function countIn(
  store: Store,
  table: TableName,
  from: number,
  to: number,
  place?: Place,
): Promise<number> {
  const condition = place === undefined ? '' : ' AND place = ?';
  const select = `SELECT COUNT(*) AS rows_found FROM ${TABLES[table]} WHERE id >= ? AND id < ?${condition}`;
  const [row] = await store.query<{ rows_found: number | string }[]>(select, [
    from,
    to,
    ...(place === undefined ? [] : [place]),
  ]);
  return Number(row?.rows_found);
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
