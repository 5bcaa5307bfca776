import type { DataSource } from 'typeorm';
import { isSqlite } from '../../database/rows/is-sqlite.js';
import { currentTime, isoTime, type RawTime } from '../../database/rows/time.js';
import { type CellState, type PerTable, perTable } from './cell-states.js';
import type { GapBody } from '../record/entry.js';

/** The state of the record and of the recorder, as the store has it. */
export interface RecorderStatus {
  /** The id of the record. A store that was restored from a backup gets a new one. */
  readonly record_id: string;
  /** The position and the time of the newest entry; 0 and null if the record is empty. */
  readonly position: number;
  readonly recorded_at: RawTime | null;
  /** The seconds by which the time of the newest entry is ahead of the clock of the store; 0 if it is not. */
  readonly clock_ahead_seconds: number;
  readonly cells: readonly CellStatus[];
}

/** The state of the recording of one cell. */
export interface CellStatus {
  readonly name: string | null;
  readonly uuid: string;
  readonly state: CellState['state'];
  readonly holder: string | null;
  /** The seconds since the start of the last reading; null before the first one. */
  readonly lag_seconds: number | null;
  readonly read_at: RawTime | null;
  readonly high: PerTable;
  readonly past: CellState['past'];
  readonly reconciled_at: RawTime | null;
  readonly epoch: number;
  /** The epochs after the first one, in ascending order. */
  readonly epochs: readonly EpochStatus[];
  /** The number of open actions that are too old for the frequent comparison of young rows. */
  readonly open_actions: number;
  /** The newest gaps, in descending order. */
  readonly gaps: readonly GapStatus[];
  readonly gaps_total: number;
}

/** The start of an epoch: its lowest ids, and its entry. */
export interface EpochStatus {
  readonly from: PerTable;
  readonly opened_at: RawTime;
  readonly position: number;
}

/** A gap with the position of its entry. */
export interface GapStatus extends GapBody {
  readonly position: number;
}

/** The maximum number of gaps of a cell in its state. */
const MAX_GAPS = 100;

type Row = Readonly<Record<string, string | number | null>>;
type TextOf<Names extends string> = Readonly<Record<Names, string | null>>;

type HeadRow = Row & { readonly record_id: string; readonly recorded_at: RawTime; readonly now: RawTime };
type CellRow = Row &
  TextOf<'name' | 'holder' | 'read_at' | 'reconciled_at'> & {
    readonly uuid: string;
    readonly state: CellState['state'];
  };
type EpochRow = Row & { readonly opened_at: RawTime };
type GapRow = Row & TextOf<'from_time' | 'to_time'> & Pick<GapBody, 'grade'>;

/** Reads the state of the record and of the recorder, with five statements. */
export async function recorderStatus(source: DataSource): Promise<RecorderStatus> {
  const { position, now, ...head } = await readHead(source);
  const cells = await source.query<CellRow[]>('SELECT * FROM record_cells ORDER BY number');
  const open = await source.query<Row[]>('SELECT cell, COUNT(*) AS total FROM record_open GROUP BY cell');
  const epochs = await source.query<EpochRow[]>('SELECT * FROM record_epochs ORDER BY cell, epoch');
  const gaps = await source.query<GapRow[]>(NEWEST_GAPS);
  return {
    record_id: head.record_id,
    position: Number(position),
    recorded_at: Number(position) === 0 ? null : head.recorded_at,
    clock_ahead_seconds: Math.max(0, secondsBetween(now, head.recorded_at)),
    cells: cells.map((cell) => {
      const isOfCell = (row: Row): boolean => Number(row['cell']) === Number(cell['number']);
      return {
        ...statusOf(cell, now),
        ...detailsOf(open.find(isOfCell), epochs.filter(isOfCell), gaps.filter(isOfCell)),
      };
    }),
  };
}

/** Reads the newest gaps of each cell, with the number of all gaps of the cell. */
const NEWEST_GAPS = `SELECT * FROM (
    SELECT gap.*, COUNT(*) OVER (PARTITION BY cell) AS total,
      ROW_NUMBER() OVER (PARTITION BY cell ORDER BY position DESC) AS place
    FROM record_gaps gap
  ) newest WHERE place <= ${MAX_GAPS} ORDER BY position DESC`;

async function readHead(source: DataSource): Promise<HeadRow> {
  const isFile = isSqlite(source);
  const select = `SELECT record_id, position, recorded_at, ${isFile ? '?' : 'UTC_TIMESTAMP(6)'} AS now FROM record_head`;
  const [row] = await source.query<HeadRow[]>(
    `${select} WHERE name = 'entries'`,
    isFile ? [currentTime()] : [],
  );
  if (row === undefined) throw new Error('the table record_head has no row "entries"');
  return row;
}

function statusOf(cell: CellRow, now: RawTime): Omit<CellStatus, keyof ReturnType<typeof detailsOf>> {
  const { name, uuid, state, holder, read_at, reconciled_at } = cell;
  return {
    ...{ name, uuid, state, holder, read_at, reconciled_at },
    lag_seconds: read_at === null ? null : Math.max(0, secondsBetween(read_at, now)),
    high: withPrefix(cell, 'high'),
    past: { total: Number(cell['past_total']), done: Number(cell['past_done']) },
    epoch: Number(cell['epoch']),
  };
}

function detailsOf(
  open: Row | undefined,
  epochs: readonly EpochRow[],
  gaps: readonly GapRow[],
): Pick<CellStatus, 'epochs' | 'open_actions' | 'gaps' | 'gaps_total'> {
  return {
    epochs: epochs.map(({ opened_at, ...row }) => ({
      from: withPrefix(row, 'from'),
      opened_at,
      position: Number(row['position']),
    })),
    open_actions: Number(open?.['total'] ?? 0),
    gaps: gaps.map(({ from_time, to_time, grade, ...row }) => ({
      position: Number(row['position']),
      from_id: Number(row['from_id']),
      to_id: Number(row['to_id']),
      void_ids: Number(row['void_ids']),
      ...{ from_time, to_time, grade },
    })),
    gaps_total: Number(gaps[0]?.['total'] ?? 0),
  };
}

/** Returns the three columns whose names begin with a prefix. */
function withPrefix(row: Row, prefix: string): PerTable {
  return perTable((table) => Number(row[`${prefix}_${table}`]));
}

function secondsBetween(from: RawTime, to: RawTime): number {
  const milliseconds = (time: RawTime): number => Date.parse(`${isoTime(time) ?? ''}Z`);
  return (milliseconds(to) - milliseconds(from)) / 1_000;
}
