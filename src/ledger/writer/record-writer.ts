import type { EntityManager } from 'typeorm';
import type { Database } from '../../database/connection/database.js';
import { isValueError } from '../../database/connection/mysql-errors.js';
import { timeLimits } from '../../database/connection/time-limits.js';
import type { HeldLease } from '../../database/own-store/lease.js';
import { type CellStateChange, writeState } from '../cells/cell-states.js';
import type { NewEntry } from '../record/entry.js';
import { type Epochs, readEpochs } from '../copy/epochs.js';
import { append } from '../record/record.js';
import { project } from '../copy/projection.js';
import { transactionsOf, unreadable, writable } from './writable-entries.js';

export type { CellStateChange } from '../cells/cell-states.js';

/** One write of the recorder. */
export interface RecordedChange {
  readonly entries: readonly NewEntry[];
  readonly state?: CellStateChange;
  /** Further statements of the transaction, for example about `record_ranges`. They may run several times. */
  readonly also?: (manager: EntityManager) => Promise<void>;
}

/** Writes entries, their projection and the state of one cell, fenced by the lease of the cell. */
export interface RecordWriter {
  /**
   * Writes in transactions of at most 1,000 entries. The last one contains the state and the further statements.
   *
   * @throws LeaseLost if another process records the cell; CommitUnconfirmed, DatabaseUnavailable
   */
  write(change: RecordedChange): Promise<void>;
}

/** The parts of a change that belong to its last transaction. */
type Rest = Omit<RecordedChange, 'entries'>;

/** Writes to the store while this process holds the lease of a cell. */
export class StoreRecordWriter implements RecordWriter {
  private epochs: Epochs | undefined;

  /** @param cell the number of the cell */
  constructor(
    private readonly store: Database,
    private readonly lease: Pick<HeldLease, 'fence'>,
    private readonly cell: number,
  ) {}

  async write({ entries, ...rest }: RecordedChange): Promise<void> {
    const parts = transactionsOf(entries.map(writable));
    const last = parts.pop() ?? [];
    for (const part of parts) await this.writePart(part, {});
    await this.writePart(last, rest);
  }

  /**
   * Writes entries in one transaction. If the store rejects a value, writes each half of the entries in its own
   * transaction, until it has found the entry with the value. Replaces this entry by one of the kind `unreadable`.
   */
  private async writePart(entries: readonly NewEntry[], rest: Rest): Promise<void> {
    const progress = { isWritingEntries: false };
    try {
      const epochs = await this.store.write(
        async (manager) => {
          await this.lease.fence(manager);
          progress.isWritingEntries = true;
          // The transaction sees the rows that were committed before its first SELECT. So the first SELECT must follow
          // the lock of `append`: then the transaction sees the rows of the recorders of other cells.
          const appended = await append(manager, entries);
          const known = (this.epochs ??= await readEpochs(manager));
          await project(manager, appended, known);
          progress.isWritingEntries = false;
          if (rest.state !== undefined) await writeState(manager, this.cell, rest.state);
          await rest.also?.(manager);
          return known;
        },
        // The fence locks the row of the lease until the commit, so the transaction may take longer than a lease lasts.
        { deadline: performance.now() + 4 * timeLimits().transaction },
      );
      this.epochs = entries.some(({ kind }) => kind === 'epoch') ? undefined : epochs;
    } catch (error) {
      const [first] = entries;
      if (!progress.isWritingEntries || first === undefined || !isValueError(error)) throw error;
      if (entries.length === 1) {
        if (first.kind === 'unreadable') throw error;
        await this.writePart([unreadable(first, error)], rest);
        return;
      }
      const middle = Math.ceil(entries.length / 2);
      await this.writePart(entries.slice(0, middle), {});
      await this.writePart(entries.slice(middle), rest);
    }
  }
}
