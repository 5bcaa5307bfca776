import type { DataSource } from 'typeorm';
import * as connection from '../../../src/database/connection/data-source.js';
import * as migrations from '../../../src/database/own-store/own-migrations.js';
import { tablesOf } from '../../../src/database/tables/module-with-tables.js';
import { MODULES } from '../../../src/modules.js';

/** The tables of all modules of the service. */
export const TABLES = tablesOf(MODULES);

export const ownStoreOnHost = connection.ownStoreOnHost(TABLES);
export const writableOwnStoreOnHost = connection.writableOwnStoreOnHost(TABLES);
export const novaDatabaseOnHost = connection.novaDatabaseOnHost(TABLES);

export function ownStore(url: string): DataSource {
  return connection.ownStore(url, TABLES);
}

export function migrateOwnStore(url: string): Promise<readonly string[]> {
  return migrations.migrateOwnStore(url, TABLES);
}

export function fillWithExample(url: string): Promise<boolean> {
  return migrations.fillWithExample(url, TABLES);
}
