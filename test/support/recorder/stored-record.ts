import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { partsOf } from '../../../src/ledger/copy/copy-id.js';
import type { Entry, Place } from '../../../src/ledger/record/entry.js';
import { ownStore } from '../databases/own-store.js';
import type { Row, Value } from './truth.js';

export interface CopiedRow {
  readonly cell: string;
  readonly epoch: number;
  readonly row: Row;
  readonly place: Place;
  /** The events of an action, by ascending id. */
  readonly events: readonly Row[];
}

/** The contents of the store: the record and the copy, with the UUIDs of the cells and with Nova's ids. */
export interface StoredRecord {
  readonly entries: readonly (Entry & { readonly cellUuid: string })[];
  readonly actions: readonly CopiedRow[];
  readonly servers: readonly CopiedRow[];
}

type Raw = Record<string, Value>;
type RawCopy = Raw & { readonly place: Place };

export async function readRecord(storeUrl: string): Promise<StoredRecord> {
  const { query, close } = await connect(storeUrl);
  try {
    return await readAll(query);
  } finally {
    await close();
  }
}

type Query = <Row extends Raw = Raw>(sql: string) => Promise<Row[]>;

async function connect(storeUrl: string): Promise<{ query: Query; close: () => Promise<void> }> {
  if (storeUrl.startsWith('sqlite:')) {
    const source = await ownStore(storeUrl).initialize();
    return {
      query: <Row extends Raw>(sql: string) => source.query<Row[]>(sql),
      close: () => source.destroy(),
    };
  }
  const connection = await createConnection({ uri: storeUrl, dateStrings: true });
  return {
    query: async <Row extends Raw>(sql: string) => (await connection.query<(Row & RowDataPacket)[]>(sql))[0],
    close: () => connection.end(),
  };
}

async function readAll(query: Query): Promise<StoredRecord> {
  const numbered = (await query('SELECT number, uuid FROM record_cells')).map(
    (row) => [Number(row['number']), String(row['uuid'])] as const,
  );
  const uuids = new Map(numbered);
  const uuidOf = (cell: Value | undefined): string => uuids.get(Number(cell)) ?? String(cell);
  const entries = (await query('SELECT * FROM entries ORDER BY position')).map((row) => entryOf(row, uuidOf));
  const events = new Map<Value, Row[]>();
  for (const row of await query('SELECT * FROM copied_instance_actions_events ORDER BY id')) {
    const key = row['action_id'] ?? null;
    const event = { ...row, id: partsOf(Number(row['id'])).id, action_id: partsOf(Number(key)).id };
    events.set(key, [...(events.get(key) ?? []), event]);
  }
  const copied = (row: RawCopy): CopiedRow => {
    const { cell, epoch, id } = partsOf(Number(row['id']));
    return {
      cell: uuidOf(cell),
      epoch,
      row: { ...row, id },
      place: row.place,
      events: events.get(row['id'] ?? null) ?? [],
    };
  };
  const actions = (await query<RawCopy>('SELECT * FROM copied_instance_actions')).map(copied);
  const servers = (await query<RawCopy>('SELECT * FROM copied_instances')).map(copied);
  return { entries, actions, servers };
}

function entryOf(row: Raw, uuidOf: (cell: Value | undefined) => string): StoredRecord['entries'][number] {
  return {
    position: Number(row['position']),
    recordedAt: String(row['recorded_at']),
    kind: String(row['kind']),
    cell: Number(row['cell']),
    cellUuid: uuidOf(row['cell']),
    epoch: Number(row['epoch']),
    novaId: row['nova_id'] === null ? null : Number(row['nova_id']),
    serverUuid: row['server_uuid'],
    projectId: row['project_id'],
    previous: row['previous'] === null ? null : Number(row['previous']),
    body: JSON.parse(String(row['body'])) as unknown,
  } as StoredRecord['entries'][number];
}
