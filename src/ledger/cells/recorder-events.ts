import { topic } from '../../common/topic.js';
import type { RawTime } from '../../database/rows/time.js';
import type { NewEntry } from '../record/entry.js';
import type { CellStateChange } from './cell-states.js';

/** An event that the recorder reports to the metrics. `cell` is the name of the cell; its UUID if it has no name. */
export type RecorderEvent = CellHeld | CellRead | EntriesWritten;

/** The event of a process that has acquired, released or lost the lease of a cell. */
interface CellHeld {
  readonly type: 'held';
  readonly cell: string;
  readonly isHeld: boolean;
}

/** The end of a round. */
interface CellRead {
  readonly type: 'read';
  readonly cell: string;
  /** The duration of the round, in seconds. */
  readonly seconds: number;
  /** The start of the last round that has read all new rows. The copy has all changes that Nova committed before. */
  readonly readAt: RawTime | null;
  /** The number of actions that the recorder reads again, because they have not finished. */
  readonly openActions: number;
}

/** The commit of a transaction of the recorder. */
interface EntriesWritten {
  readonly type: 'written';
  readonly cell: string;
  readonly entries: readonly NewEntry[];
  readonly state: CellStateChange | undefined;
}

/** The topic to which the recorder publishes its events, with the names of the cells. */
export const recorderEvents = topic<RecorderEvent>('recorder');
