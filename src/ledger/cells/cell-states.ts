import type { EntityManager } from 'typeorm';
import { oneAtATime } from '../../database/own-store/one-at-a-time.js';
import type { RawTime } from '../../database/rows/time.js';
import type { Store } from '../record/record.js';
import { insertRows } from '../../database/rows/write-rows.js';

/** A number for each of Nova's three tables that the recorder copies, for example an id. */
export interface PerTable {
  readonly actions: number;
  readonly events: number;
  readonly servers: number;
}

export type TableName = keyof PerTable;

export const TABLE_NAMES = ['actions', 'events', 'servers'] as const satisfies TableName[];

/** Returns an object with a number for each table. */
export function perTable(valueOf: (table: TableName) => number): PerTable {
  return { actions: valueOf('actions'), events: valueOf('events'), servers: valueOf('servers') };
}

/** The state of the recording of a cell: one row of `record_cells`. */
export interface CellState {
  /** The number of the cell in the ids of the copy, from 1. */
  readonly number: number;
  readonly uuid: string;
  readonly name: string | null;
  /** The time at which the cell was added to Nova, from `cell_mappings`. */
  readonly created_at: RawTime | null;
  /** `closed`: Nova's API database does not list the cell any more. */
  readonly state: 'open' | 'closed';
  readonly epoch: number;
  /** The lowest ids of the current epoch. */
  readonly epochFrom: PerTable;
  /** The highest ids that the recorder has read. */
  readonly high: PerTable;
  /** The highest ids up to which the recorder expects no late commit any more. */
  readonly settled: PerTable;
  /** The number of ids of the past, and the number of those that the recorder has copied. */
  readonly past: { readonly total: number; readonly done: number };
  /** The host and the process that record the cell. */
  readonly holder: string | null;
  readonly startedAt: RawTime | null;
  /** The start of the last reading. The copy has all changes that Nova committed before. */
  readonly readAt: RawTime | null;
  /** The start of the last finished comparison of all rows with Nova's. */
  readonly reconciledAt: RawTime | null;
}

/** Changes of `record_cells` that belong to the same transaction as entries. */
export type CellStateChange = Partial<Omit<CellState, 'number' | 'uuid'>>;

/** A cell as Nova's API database lists it. */
export type ListedCell = Pick<CellState, 'uuid' | 'name' | 'created_at'>;

type Value = string | number | null;
type StateRow = Readonly<Record<string, Value>>;

/** The highest number of a cell, because the ids of the copy have 10 bits for it. */
const MAX_NUMBER = 1_023;

/** Returns the states of all cells, by ascending number. */
export async function readStates(store: Store): Promise<CellState[]> {
  return (await store.query<StateRow[]>('SELECT * FROM record_cells ORDER BY number')).map(stateOf);
}

/**
 * Returns the number of a cell in the store. A new cell gets the next number. This function locks the table of the
 * cells, so it must be the first call of the transaction.
 *
 * @throws Error if the store has the maximum number of cells
 */
export async function numberFor(
  manager: EntityManager,
  { uuid, name, created_at }: ListedCell,
): Promise<number> {
  await oneAtATime(manager, 'record_cells');
  const select = 'SELECT number, uuid FROM record_cells';
  const rows = await manager.query<{ number: Value; uuid: string }[]>(select);
  const known = rows.find((row) => row.uuid === uuid);
  if (known !== undefined) return Number(known.number);
  const number = Math.max(0, ...rows.map((row) => Number(row.number))) + 1;
  if (number > MAX_NUMBER) throw new Error(`the store already has the maximum of ${MAX_NUMBER} cells`);
  const zeros = { high: NO_IDS, settled: NO_IDS, past: { total: 0, done: 0 } };
  const state: CellStateChange = { name, created_at, state: 'open', epoch: 0, epochFrom: NO_IDS, ...zeros };
  const values = { number, uuid, ...columnsOf(state) };
  await insertRows(manager, 'record_cells', Object.keys(values), [Object.values(values)]);
  return number;
}

/** Writes changes of the state of a cell. */
export async function writeState(
  manager: EntityManager,
  number: number,
  change: CellStateChange,
): Promise<void> {
  const values = columnsOf(change);
  const assignments = Object.keys(values).map((column) => `${column} = ?`);
  if (assignments.length === 0) return;
  await manager.query(`UPDATE record_cells SET ${assignments.join(', ')} WHERE number = ?`, [
    ...Object.values(values),
    number,
  ]);
}

const NO_IDS: PerTable = { actions: 0, events: 0, servers: 0 };

/** The column of each part of a state, or the prefix of its columns, if it differs from the name of the part. */
const NAMES: Readonly<Record<string, string>> = {
  ...{ epochFrom: 'epoch_from_', high: 'high_', settled: 'settled_', past: 'past_' },
  ...{ startedAt: 'started_at', readAt: 'read_at', reconciledAt: 'reconciled_at' },
};

function columnsOf(change: CellStateChange): Record<string, Value> {
  const columns: Record<string, Value> = {};
  for (const [key, value] of Object.entries(change as Readonly<Record<string, Value | object>>)) {
    const column: string = NAMES[key] ?? key;
    if (typeof value !== 'object' || value === null) columns[column] = value;
    else
      for (const [name, part] of Object.entries(value as Readonly<Record<string, number>>))
        columns[column + name] = part;
  }
  return columns;
}

function stateOf(row: StateRow): CellState {
  const text = (column: string): string | null => (row[column] ?? null) as string | null;
  const withPrefix = (prefix: string): PerTable => perTable((table) => Number(row[`${prefix}${table}`]));
  return {
    number: Number(row.number),
    uuid: String(row.uuid),
    name: text('name'),
    created_at: text('created_at'),
    state: row.state as CellState['state'],
    epoch: Number(row.epoch),
    epochFrom: withPrefix('epoch_from_'),
    high: withPrefix('high_'),
    settled: withPrefix('settled_'),
    past: { total: Number(row.past_total), done: Number(row.past_done) },
    holder: text('holder'),
    startedAt: text('started_at'),
    readAt: text('read_at'),
    reconciledAt: text('reconciled_at'),
  };
}
