import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource, EntityManager } from 'typeorm';
import { ownStore } from '../../database/connection/data-source.js';
import { SettingsError } from '../../config/settings-error.js';
import type { Database } from '../../database/connection/database.js';
import { type HeldLease, Lease, onDatabase } from '../../database/own-store/lease.js';
import { CreateRecord1797000000001 } from '../1797000000001-create-record.js';
import { cellLease } from '../cells/cell-lease.js';
import { readStates } from '../cells/cell-states.js';
import { compareTable, type Difference, PROJECTED_TABLES, type ProjectedTable } from './copy-comparison.js';
import { entriesAfter, head, type Store, storeOf } from '../record/record.js';
import { MissingPositions } from './missing-positions.js';
import { project } from '../copy/projection.js';
import { indexActions } from '../search/index-actions.js';
import { lockSearch } from '../search/progress.js';
import { compareSearch, pendingActions, type SearchDifference } from './search-comparison.js';
import { upsertRows } from '../../database/rows/write-rows.js';

/** The result of a comparison of the copy and the search with the record. */
export interface RebuildResult {
  /** The number of entries of the record. */
  readonly entries: number;
  /** The number of rows of the copy and the search that differed from the record. */
  readonly differentRows: number;
  /** The ranges of positions whose entries are missing, although the retention has not deleted them. */
  readonly missing: readonly (readonly [first: number, last: number])[];
  /** Human-readable descriptions of the first differences. */
  readonly examples: readonly string[];
}

const MAX_EXAMPLES = 100;
/** The number of entries that one statement reads, and of rows that one transaction corrects. */
const PAGE = 500;
/** The maximum duration of a check, in milliseconds. It reads the whole store in one transaction. */
const CHECK_TIMEOUT = 24 * 3_600_000;

/**
 * Creates the copy again from the record, first in a temporary SQLite file. Then compares each row of the store with
 * this file, and corrects only the rows that differ. So readers of the copy miss no row meanwhile. Compares and corrects
 * the search rows, too.
 *
 * @param checkOnly true to write nothing. The check reads the store in one transaction, while recorders may write
 * @throws SettingsError if `checkOnly` is false and a recorder is running
 */
export async function rebuildCopy(store: Database, { checkOnly = false } = {}): Promise<RebuildResult> {
  return inScratch(async (scratch) => {
    if (checkOnly) {
      // The database returns one state of all tables to all statements of a transaction.
      const check = (manager: EntityManager): Promise<RebuildResult> => compare(manager, scratch);
      return store.write(check, { deadline: performance.now() + CHECK_TIMEOUT });
    }
    const leases = await acquireLeases(store);
    try {
      return await compare(storeOf(store), scratch, {
        copy: (table, differences) => correct(store, leases, table, differences),
        search: (differences) => correctSearch(store, leases, differences),
      });
    } finally {
      for (const lease of leases) await lease.release();
    }
  });
}

interface Corrections {
  readonly copy: (table: ProjectedTable, differences: readonly Difference[]) => Promise<void>;
  readonly search: (differences: readonly SearchDifference[]) => Promise<void>;
}

async function compare(store: Store, scratch: DataSource, correct?: Corrections): Promise<RebuildResult> {
  const { position } = await head(store);
  const positions = new MissingPositions();
  let entries = 0;
  for (let last = 0; ;) {
    const page = await entriesAfter(store, last, PAGE);
    if (page.length === 0) break;
    await scratch.transaction(async (manager) => {
      await project(manager, page);
      const own = page.filter(({ kind, cell }) => kind === 'action' && cell === 0);
      const positions = own.map(({ novaId, position: at }) => [novaId, at]);
      await upsertRows(manager, 'own_positions', ['id', 'position'], positions, 'id');
    });
    for (const entry of page) positions.add(entry);
    entries += page.length;
    last = page.at(-1)?.position ?? last;
  }
  const examples: string[] = [];
  let differentRows = 0;
  const count = (differences: readonly { readonly text: string }[]): void => {
    differentRows += differences.length;
    examples.push(...differences.slice(0, MAX_EXAMPLES - examples.length).map(({ text }) => text));
  };
  for (const table of PROJECTED_TABLES) {
    for await (const differences of compareTable(table, store, scratch)) {
      count(differences);
      if (differences.length > 0) await correct?.copy(table, differences);
    }
  }
  const isPending = await pendingActions(store);
  for await (const page of compareSearch(store, scratch)) {
    const differences = page.filter(({ id }) => !isPending(id));
    count(differences);
    if (differences.length > 0) await correct?.search(differences);
  }
  return { entries, differentRows, missing: positions.ranges(position), examples };
}

/** Writes the rows of the copy that differ, in small transactions. */
async function correct(
  store: Database,
  leases: readonly HeldLease[],
  table: ProjectedTable,
  differences: readonly Difference[],
): Promise<void> {
  for (let start = 0; start < differences.length; start += PAGE) {
    const some = differences.slice(start, start + PAGE);
    const rows = some.map(({ expected }) => expected).filter((row) => row !== undefined);
    const others = some.filter(({ expected }) => expected === undefined).map(({ key }) => key);
    const write = async (manager: EntityManager): Promise<void> => {
      for (const lease of leases) await lease.fence(manager);
      if (others.length > 0) {
        const marks = others.map(() => '?').join();
        await manager.query(`DELETE FROM ${table.name} WHERE ${table.key} IN (${marks})`, others);
      }
      const columns = Object.keys(rows[0] ?? {});
      const values = rows.map((row) => columns.map((column) => row[column]));
      await upsertRows(manager, table.name, columns, values, table.primaryKey);
    };
    await store.write(write, { isIdempotent: true });
  }
}

/** Writes the search rows that differ, in small transactions. The indexer of a service may run meanwhile. */
async function correctSearch(
  store: Database,
  leases: readonly HeldLease[],
  differences: readonly SearchDifference[],
): Promise<void> {
  for (let start = 0; start < differences.length; start += PAGE) {
    const changed = new Map(differences.slice(start, start + PAGE).map(({ id, position }) => [id, position]));
    const write = async (manager: EntityManager): Promise<void> => {
      for (const lease of leases) await lease.fence(manager);
      await lockSearch(manager);
      await indexActions(manager, changed);
    };
    await store.write(write, { isIdempotent: true });
  }
}

/** Acquires the leases of all tasks that change the copy. */
async function acquireLeases(store: Database): Promise<HeldLease[]> {
  const cells = await readStates(storeOf(store));
  const held: HeldLease[] = [];
  const tasks = ['rebuild', 'retention'].map((name) => new Lease(name, onDatabase(store)));
  for (const lease of [...tasks, ...cells.map(({ uuid }) => cellLease(store, uuid))]) {
    const acquired = await lease.acquire();
    if (acquired === undefined) {
      for (const one of held) await one.release();
      throw new SettingsError(`another process holds the lease "${lease.name}": stop all recorders first`);
    }
    held.push(acquired);
  }
  return held;
}

/** Runs `work` with an empty copy in a temporary SQLite file. */
async function inScratch<Result>(work: (scratch: DataSource) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'rebuild-'));
  const tables = { entities: [], migrations: [CreateRecord1797000000001], examples: [] };
  const scratch = ownStore(`sqlite://${join(folder, 'copy.sqlite')}`, tables);
  try {
    await scratch.initialize();
    await scratch.query('PRAGMA synchronous = OFF');
    await scratch.runMigrations();
    await scratch.query('CREATE TABLE own_positions (id integer PRIMARY KEY, position integer NOT NULL)');
    return await work(scratch);
  } finally {
    if (scratch.isInitialized) await scratch.destroy();
    await rm(folder, { recursive: true });
  }
}
