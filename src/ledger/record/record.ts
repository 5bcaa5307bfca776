import type { DataSource, EntityManager } from 'typeorm';
import { isSqlite } from '../../database/rows/is-sqlite.js';
import type { Database } from '../../database/connection/database.js';
import { topic } from '../../common/topic.js';
import { currentTime, type RawTime } from '../../database/rows/time.js';
import { bodyText } from './entry-body.js';
import type { Entry, NewEntry } from './entry.js';
import { insertRows } from '../../database/rows/write-rows.js';

/** The topic to which `append` publishes the entries. Their transaction has not committed yet. */
export const appended = topic<readonly Entry[]>('appended');

/** A connection to the store: a transaction, or the pool of connections. */
export type Store = Pick<DataSource | EntityManager, 'query'>;

/** An integer as a database returns it. */
export type DatabaseInteger = number | string;

/** The maximum duration of a read by `storeOf`, in milliseconds. */
const READ_TIMEOUT = 60_000;

/** Returns an object that reads a database, each time on the first host that is up. */
export function storeOf(database: Database): Store {
  return {
    query: <Rows>(sql: string, values?: unknown[]) =>
      database.read<Rows>(performance.now() + READ_TIMEOUT, (source) => source.query(sql, values)),
  };
}

/** The last position of the record, and the time of its entry. */
export interface Head {
  readonly position: number;
  readonly recordedAt: RawTime;
}

/** A row of `entries`, as the driver returns it. */
export type EntryRow = Readonly<Record<'position' | 'cell' | 'epoch', DatabaseInteger>> &
  Readonly<Record<'recorded_at' | 'kind' | 'body', string>> &
  Readonly<Record<'nova_id' | 'previous', DatabaseInteger | null>> &
  Readonly<Record<'server_uuid' | 'project_id', string | null>>;

/** The columns of `entries`. */
export const ENTRY_COLUMNS =
  'position, recorded_at, kind, cell, epoch, nova_id, server_uuid, project_id, previous, body'.split(', ');

/**
 * Appends entries to the record, in the given order. Locks the last position until the end of the transaction, so that
 * the order of the positions is the order of the commits. The transaction must first lock all rows of modules:
 * otherwise two transactions could wait for each other.
 *
 * @param manager the entity manager of a transaction
 * @returns the entries with their positions and their time, which is that of the database's clock, but never earlier
 * than the time of the previous entry
 */
export async function append(manager: EntityManager, entries: readonly NewEntry[]): Promise<Entry[]> {
  if (entries.length === 0) return [];
  const isFile = isSqlite(manager.dataSource);
  const time = isFile ? 'MAX(recorded_at, ?)' : 'GREATEST(recorded_at, UTC_TIMESTAMP(6))';
  await manager.query(
    `UPDATE record_head SET recorded_at = ${time}, position = position + ? WHERE name = 'entries'`,
    [...(isFile ? [currentTime()] : []), entries.length],
  );
  const { position: last, recordedAt } = await head(manager);
  const first = last - entries.length + 1;
  const made = entries.map((entry, index): Entry => ({ ...entry, position: first + index, recordedAt }));
  await insertRows(manager, 'entries', ENTRY_COLUMNS, made.map(rowOf));
  appended.publish(made);
  return made;
}

/** Returns the entries after a position, in the order of their positions. */
export async function entriesAfter(store: Store, position: number, limit: number): Promise<Entry[]> {
  const select = `SELECT ${ENTRY_COLUMNS.join(', ')} FROM entries WHERE position > ? ORDER BY position LIMIT ?`;
  return (await store.query<EntryRow[]>(select, [position, limit])).map(entryOf);
}

/** Returns the last position of the record; 0 if the record is empty. */
export async function head(store: Store): Promise<Head> {
  const select = "SELECT position, recorded_at FROM record_head WHERE name = 'entries'";
  const [row] = await store.query<Pick<EntryRow, 'position' | 'recorded_at'>[]>(select);
  if (row === undefined) throw new Error('the table record_head has no row "entries"');
  return { position: Number(row.position), recordedAt: row.recorded_at };
}

function rowOf(entry: Entry): unknown[] {
  const { position, recordedAt, kind, cell, epoch, novaId, serverUuid, projectId, previous, body } = entry;
  const { text = bodyText(body) } = entry;
  return [position, recordedAt, kind, cell, epoch, novaId, serverUuid, projectId, previous, text];
}

/** Returns the entry of a row. */
export function entryOf(row: EntryRow): Entry {
  const number = (value: DatabaseInteger | null): number | null => (value === null ? null : Number(value));
  return {
    position: Number(row.position),
    recordedAt: row.recorded_at,
    kind: row.kind,
    cell: Number(row.cell),
    epoch: Number(row.epoch),
    novaId: number(row.nova_id),
    serverUuid: row.server_uuid,
    projectId: row.project_id,
    previous: number(row.previous),
    body: JSON.parse(row.body) as unknown,
  } as Entry;
}
