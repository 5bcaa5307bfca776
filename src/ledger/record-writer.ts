import type { EntityManager } from 'typeorm';
import type { Database } from '../database/connection/database.js';
import { isValueError } from '../database/connection/mysql-errors.js';
import { timeLimits } from '../database/connection/time-limits.js';
import type { HeldLease } from '../database/own-store/lease.js';
import { type CellStateChange, writeState } from './cell-states.js';
import type { NewEntry } from './entry.js';
import { type Epochs, readEpochs } from './epochs.js';
import { append } from './ledger.js';
import { project } from './projection.js';
import { transactionsOf, unreadable, writable } from './writable-entries.js';

export type { CellStateChange } from './cell-states.js';

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
   * Writes in transactions of at most 500 entries. The last one contains the state and the further statements.
   *
   * @throws LeaseLost if another process records the cell; CommitUnconfirmed, DatabaseUnavailable
   */
  write(change: RecordedChange): Promise<void>;
}

/** The rest of a change that belongs to the last transaction. */
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
   * Writes entries in one transaction. If the store rejects a value, writes each half of them in a transaction of its
   * own, until it has found the entry with the value. Then writes an entry of the kind `unreadable` instead.
   */
  private async writePart(entries: readonly NewEntry[], rest: Rest): Promise<void> {
    const progress = { isAboutEntries: false };
    try {
      const epochs = await this.store.write(
        async (manager) => {
          await this.lease.fence(manager);
          progress.isAboutEntries = true;
          // The first SELECT of the transaction must follow the lock of `append`: it determines which rows of other
          // cells' recorders the transaction sees.
          const appended = await append(manager, entries);
          const known = (this.epochs ??= await readEpochs(manager));
          await project(manager, appended, known);
          progress.isAboutEntries = false;
          if (rest.state !== undefined) await writeState(manager, this.cell, rest.state);
          await rest.also?.(manager);
          return known;
        },
        // The fence keeps the lease locked until the commit, so the time may exceed the duration of a lease.
        { deadline: performance.now() + 4 * timeLimits().transaction },
      );
      this.epochs = entries.some(({ kind }) => kind === 'epoch') ? undefined : epochs;
    } catch (error) {
      const [first] = entries;
      if (!progress.isAboutEntries || first === undefined || !isValueError(error)) throw error;
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
