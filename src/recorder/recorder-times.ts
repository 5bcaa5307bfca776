/** The times and sizes of the recorder. Times are in milliseconds. Tests make them shorter. */
export interface RecorderTimes {
  /** The pause between two rounds. */
  readonly interval: number;
  /** Each round compares the rows that are younger than this, at most `nearIds` of a table. */
  readonly nearAge: number;
  readonly nearIds: number;
  /** Every `farInterval`, a round compares the rows that are younger than this, at most `farIds` of a table. */
  readonly farAge: number;
  readonly farIds: number;
  readonly farInterval: number;
  /**
   * The first rounds of a new cell compare only the rows that are younger than this. Transactions of Nova are shorter, so
   * no older row can still appear.
   */
  readonly settledAge: number;
  /** The recorder compares all rows with Nova's at this interval. */
  readonly reconcileInterval: number;
  /** The recorder reads which servers have changed at this interval, with this overlap. */
  readonly serversInterval: number;
  readonly serversOverlap: number;
  /**
   * The time after which the recorder accepts that Nova's highest ids are lower than before, that rows are removed, or
   * that ids have no row.
   */
  readonly rewindAfter: number;
  /** The list of cells is read at this interval. */
  readonly cellsInterval: number;
  /** A process that does not hold the lease of a cell tries again at this interval. */
  readonly leaseInterval: number;
  /** The recorder appends an entry about each interruption that is longer than this. */
  readonly interruption: number;
  /** The share of the time, in percent, in which the recorder reads the past. */
  readonly pastShare: number;
  /** The age, in days, after which the store deletes actions; undefined to keep all actions. */
  readonly retention: number | undefined;
}

/** The defaults. */
export const RECORDER_TIMES: RecorderTimes = {
  interval: 500,
  nearAge: 90_000,
  nearIds: 20_000,
  farAge: 600_000,
  farIds: 100_000,
  farInterval: 15_000,
  settledAge: 3_600_000,
  reconcileInterval: 6 * 3_600_000,
  serversInterval: 10_000,
  serversOverlap: 300_000,
  rewindAfter: 120_000,
  cellsInterval: 60_000,
  leaseInterval: 3_000,
  interruption: 10_000,
  pastShare: 25,
  retention: undefined,
};
