import type { EntityManager } from 'typeorm';
import type { Database } from '../database/connection/database.js';
import { answerDeadline } from '../database/connection/time-limits.js';
import type { CellState } from '../ledger/cells/cell-states.js';
import { copyId, fitsCopyId, partsOf } from '../ledger/copy/copy-id.js';
import { type KnownRow, knownRows } from '../ledger/copy/known-rows.js';
import type { Store } from '../ledger/record/record.js';
import type { RecordedChange, RecordWriter } from '../ledger/writer/record-writer.js';
import { recorderEvents } from '../ledger/cells/recorder-events.js';
import type { RecorderTimes } from './recorder-times.js';
import type { CellReader } from './source/cell-reader.js';

export type { KnownRow } from '../ledger/copy/known-rows.js';

/**
 * A function that returns additional statements for a change. `CellContext` calls `confirm` after the store has
 * committed them.
 */
export type WriteCompanion = (
  change: RecordedChange,
) => { also(manager: EntityManager): Promise<void>; confirm(): void } | undefined;

interface CellParts {
  readonly cell: { readonly uuid: string; readonly name: string | null; readonly number: number };
  readonly reader: CellReader;
  readonly writer: RecordWriter;
  readonly store: Database;
  readonly times: RecorderTimes;
}

/**
 * The part of the recorder's memory that the rounds and the past of one cell share, while this process holds the lease
 * of the cell. After a failed write, the recorder creates a new one from the state in the store.
 */
export class CellContext {
  readonly cell: CellParts['cell'];
  readonly reader: CellReader;
  readonly writer: RecordWriter;
  readonly store: Database;
  readonly times: RecorderTimes;
  /** True if the last round has found rows with ids above `MAX_ID`. The work on the past reports them. */
  hasRowsAbove = false;
  private current: CellState;
  private last: Promise<unknown> = Promise.resolve();
  private companion: WriteCompanion = () => undefined;

  constructor(parts: CellParts, state: CellState) {
    ({ cell: this.cell, reader: this.reader, writer: this.writer } = parts);
    ({ store: this.store, times: this.times } = parts);
    this.current = state;
  }

  /** The state of the cell, with all changes that were written. */
  get state(): CellState {
    return this.current;
  }

  get epoch(): number {
    return this.current.epoch;
  }

  /**
   * Runs `work` while no other part of the recorder compares rows with the copy or writes them. A round calls this
   * function before it reads Nova. The work on the past reads Nova first, and then calls this function. It skips each
   * row with an entry that is newer than its reading. So an older reading never replaces a newer one.
   */
  exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    const run = this.last.then(work);
    this.last = run.catch(() => undefined);
    return run;
  }

  /** Sets the function that adds statements to each change. */
  accompany(companion: WriteCompanion): void {
    this.companion = companion;
  }

  /** Writes a change, and then applies its state. Call it inside of `exclusive`. @throws as `RecordWriter.write` */
  async write(change: RecordedChange): Promise<void> {
    const more = this.companion(change);
    const also = async (manager: EntityManager): Promise<void> => {
      await change.also?.(manager);
      await more?.also(manager);
    };
    await this.writer.write(more === undefined ? change : { ...change, also });
    more?.confirm();
    this.current = { ...this.current, ...change.state };
    const { entries } = change;
    const name = this.cell.name ?? this.cell.uuid;
    recorderEvents.publish({ type: 'written', cell: name, entries, state: this.current });
  }

  /**
   * Returns the rows that the copy has, by Nova's ids. An id below the start of the current epoch may have a row of an
   * earlier epoch; the newest one is returned. A row that the copy does not have belongs to the current epoch.
   */
  async findKnown(table: 'actions' | 'servers', ids: readonly number[]): Promise<Map<number, KnownRow>> {
    const { epoch, epochFrom } = this.current;
    const { number: cell } = this.cell;
    const copyIds = ids
      .filter((id) => fitsCopyId({ cell, epoch, id }))
      .flatMap((id) => {
        const first = id < epochFrom[table] ? 0 : epoch;
        return Array.from({ length: epoch - first + 1 }, (_, past) =>
          copyId({ cell, epoch: epoch - past, id }),
        );
      });
    const known = new Map<number, KnownRow>();
    const rows = await queryStore(this, (store) => knownRows(store, table, copyIds));
    for (const row of rows) {
      const { id } = partsOf(row.copyId);
      const other = known.get(id);
      if (other === undefined || other.epoch < row.epoch) known.set(id, row);
    }
    return known;
  }
}

/** Queries the store. @throws DatabaseUnavailable */
export function queryStore<Result>(
  cell: CellContext,
  query: (store: Store) => Promise<Result>,
): Promise<Result> {
  return cell.store.read(answerDeadline(), query);
}
