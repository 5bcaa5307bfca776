import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { Lease } from '../../../src/database/own-store/lease.js';
import { ownStore } from './own-store.js';
import { mariaDb } from './mariadb.js';

/** A database of the service for one test file, with the function that removes it. */
export interface TestStore {
  readonly url: string;
  remove(): Promise<void>;
}

type StoreKind = readonly [kind: string, create: () => Promise<TestStore>];

const ALL_KINDS: readonly StoreKind[] = [
  ['SQLite', createSqlite],
  ['MariaDB', createMariaDb],
];

/** The kinds of database on which each end-to-end test runs: SQLite and MariaDB. `npm run test:quick` omits MariaDB. */
export const storeKinds =
  (globalThis as { suite?: string }).suite === 'quick' ? ALL_KINDS.slice(0, 1) : ALL_KINDS;

/** Creates an empty SQLite database in a new folder. */
export async function createSqlite(): Promise<TestStore> {
  const folder = await mkdtemp(join(tmpdir(), 'store-'));
  return { url: `sqlite://${join(folder, 'actions.sqlite')}`, remove: () => rm(folder, { recursive: true }) };
}

async function createMariaDb(): Promise<TestStore> {
  const server = await mariaDb();
  const url = await server.createDatabase('actions');
  return { url, remove: () => server.dropDatabase(url) };
}

type Row = Readonly<Record<string, unknown>>;

/**
 * Creates the service's tables in a database and inserts rows. `rows` has the rows of each table in the format of
 * fixture.json, with times as `YYYY-MM-DD HH:MM:SS`.
 */
export async function fillStore(
  url: string,
  tables: Readonly<Record<string, readonly Row[]>>,
): Promise<void> {
  const source = await ownStore(url).initialize();
  try {
    await source.runMigrations();
    // The indexer of the service needs the table of the leases.
    await Lease.prepare(source);
    for (const [table, rows] of Object.entries(tables)) await insertRows(source, table, rows);
  } finally {
    await source.destroy();
  }
}

async function insertRows(source: DataSource, table: string, rows: readonly Row[]): Promise<void> {
  const columns = source.getMetadata(table).columns.map((column) => column.propertyName);
  const chunk = 200;
  for (let start = 0; start < rows.length; start += chunk) {
    const values = rows
      .slice(start, start + chunk)
      .map((row) => Object.fromEntries(columns.map((column) => [column, toValue(row[column])])));
    await source.createQueryBuilder().insert().into(table).values(values).execute();
  }
}

function toValue(value: unknown): unknown {
  const isTime = typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value);
  return isTime ? new Date(`${value.replace(' ', 'T')}Z`) : (value ?? null);
}
