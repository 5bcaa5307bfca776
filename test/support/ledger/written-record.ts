import type { DataSource } from 'typeorm';
import { OwnStore } from '../../../src/database/own-store/own-store.js';
import { numberFor } from '../../../src/ledger/cells/cell-states.js';
import type { NewEntry } from '../../../src/ledger/record/entry.js';
import { append } from '../../../src/ledger/record/record.js';
import { project } from '../../../src/ledger/copy/projection.js';
import { migrateOwnStore, ownStore, TABLES } from '../databases/own-store.js';
import type { TestStore } from '../databases/stores.js';

/** The UUID of the cell that has the number 1. */
export const RECORDED_CELL = '5e7e5e7e-0000-4000-8000-00000000c311';

/** A store that has the record and the copy of one cell. */
export class WrittenRecord {
  private constructor(
    private readonly store: TestStore,
    private readonly own: OwnStore,
    /** A connection for statements that the service never sends. */
    readonly source: DataSource,
  ) {}

  static async create(createStore: () => Promise<TestStore>): Promise<WrittenRecord> {
    const store = await createStore();
    await migrateOwnStore(store.url);
    const own = await OwnStore.open({ DATABASE_URL: store.url, MIGRATE_ON_START: false }, TABLES);
    const cell = { uuid: RECORDED_CELL, name: 'one', created_at: null };
    await own.database.write((manager) => numberFor(manager, cell));
    return new WrittenRecord(store, own, await ownStore(store.url).initialize());
  }

  get url(): string {
    return this.store.url;
  }

  get database(): OwnStore['database'] {
    return this.own.database;
  }

  /** Appends entries to the record, and applies them to the copy. */
  async append(entries: readonly NewEntry[]): Promise<void> {
    await this.database.write(async (manager) => {
      await project(manager, await append(manager, entries));
    });
  }

  async close(): Promise<void> {
    await this.source.destroy();
    await this.own.close();
    await this.store.remove();
  }
}
