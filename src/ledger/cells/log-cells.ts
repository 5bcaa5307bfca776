import type { RawTime } from '../../database/rows/time.js';
import type { DatabaseInteger, Store } from '../record/record.js';

/** A cell of Nova whose actions are in the log. */
export interface LogCell {
  /** The number of the cell in the ids of the copy, from 1. */
  readonly number: number;
  readonly name: string | null;
  /** False if Nova's API database does not list the cell any more. */
  readonly isOpen: boolean;
  /**
   * The start of the last reading: the copy has all changes that Nova committed before it. Null until the recorder has
   * copied all older rows of the cell.
   */
  readonly completeUntil: RawTime | null;
}

/** The query for the cells. It ignores the stage `gaps`, in which the recorder only counts ids. */
const SELECT = `SELECT number, name, state, CASE WHEN EXISTS (
    SELECT 1 FROM record_ranges past WHERE past.cell = record_cells.number AND past.stage <> 'gaps'
  ) THEN NULL ELSE read_at END AS read_at
  FROM record_cells ORDER BY number`;

interface Row {
  readonly number: DatabaseInteger;
  readonly name: string | null;
  readonly state: 'open' | 'closed';
  readonly read_at: RawTime | null;
}

/** Reads the cells of Nova that a recorder has recorded. An own store without a recorder has none. */
export async function logCells(store: Store): Promise<LogCell[]> {
  const rows = await store.query<Row[]>(SELECT);
  return rows.map(({ number, name, state, read_at: completeUntil }) => ({
    ...{ number: Number(number), name, isOpen: state === 'open', completeUntil },
  }));
}
