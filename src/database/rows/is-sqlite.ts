import type { DataSource } from 'typeorm';

/** Returns true if a database is an SQLite file. */
export function isSqlite({ options }: Pick<DataSource, 'options'>): boolean {
  return options.type === 'better-sqlite3';
}
