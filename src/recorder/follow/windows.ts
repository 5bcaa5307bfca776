import { type PerTable, type TableName, perTable, TABLE_NAMES } from '../../ledger/cells/cell-states.js';
import type { RecorderTimes } from '../recorder-times.js';
import { HighIds } from './high-ids.js';
import { blockOf, BLOCK_SIZE } from './id-blocks.js';

/** A range `[from, to)` of ids of one table whose rows a round compares. */
export interface Window {
  readonly table: TableName;
  readonly from: number;
  readonly to: number;
  readonly isFar: boolean;
}

/** The ranges of ids whose rows a round compares: the youngest rows in each round, older rows at intervals. */
export class Windows {
  private readonly highIds: Readonly<Record<TableName, HighIds>>;
  /** The ends of the far windows that still must be compared; 0 if none is left. */
  private farEnds: Record<TableName, number> = { actions: 0, events: 0, servers: 0 };
  private nextFarAt = -Infinity;

  /** @param lowest the ids up to which all rows were compared before the recorder began to watch the tables */
  constructor(
    private readonly times: RecorderTimes,
    lowest: PerTable,
  ) {
    const highIds = (table: TableName): HighIds => new HighIds(lowest[table], times.farAge);
    this.highIds = { actions: highIds('actions'), events: highIds('events'), servers: highIds('servers') };
  }

  /** Returns the windows of a round. @param nearIds the maximum number of ids of a table in the near window */
  of(high: PerTable, now: number, nearIds: number): Window[] {
    const { nearAge } = this.times;
    const starts = perTable((table) => this.highIds[table].windowStart(now, nearAge, high[table], nearIds));
    if (now >= this.nextFarAt) {
      this.nextFarAt = now + this.times.farInterval;
      this.farEnds = { ...starts };
    }
    return TABLE_NAMES.flatMap((table) => {
      const near = { table, from: starts[table], to: high[table] + 1, isFar: false };
      const to = Math.min(this.farEnds[table], starts[table]);
      const from = Math.max(this.farStart(table, high, now), (blockOf(to - nearIds) + 1) * BLOCK_SIZE);
      return [near, { table, from, to, isFar: true }].filter((window) => window.to > window.from);
    });
  }

  /** Notes that all rows of a window were compared. */
  confirm({ table, from, isFar }: Window): void {
    if (isFar) this.farEnds[table] = from;
  }

  /** Notes the highest ids at a time. */
  add(high: PerTable, now: number): void {
    for (const table of TABLE_NAMES) this.highIds[table].add(high[table], now);
  }

  /** Returns the first id that the far window still contains. */
  farStart(table: TableName, high: PerTable, now: number): number {
    const { farAge, farIds } = this.times;
    return this.highIds[table].windowStart(now, farAge, high[table], farIds);
  }

  /** Returns the ids up to which the recorder expects no late commit any more. */
  settled(now: number): PerTable {
    return perTable((table) => this.highIds[table].asOf(now - this.times.farAge));
  }
}
