import { Logger } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { errorText } from '../common/error-text.js';
import { SettingsError } from '../config/settings-error.js';
import { CELL0 } from '../database/cells/cell-directory.js';
import type { RecordedCell } from '../database/cells/cells.js';
import type { NovaCells } from '../database/cells/nova-cells.js';
import { type Database, DatabaseUnavailable } from '../database/connection/database.js';
import { isRejection, serverErrorNumber } from '../database/connection/mysql-errors.js';
import { answerDeadline } from '../database/connection/time-limits.js';
import { oneAtATime } from '../database/own-store/one-at-a-time.js';
import { hasTable } from '../database/own-store/open-own-store.js';
import { inspectOwnStore } from '../database/own-store/own-migrations.js';
import type { Tables } from '../database/tables/module-with-tables.js';
import { type ListedCell, numberFor, readStates } from '../ledger/cells/cell-states.js';
import type { Store } from '../ledger/record/record.js';
import { checks } from './source/statements.js';

/**
 * Checks, before the recorder writes anything, that it can read Nova's databases, and that the store is not newer than
 * this program and does not contain the log of another Nova. Databases of Nova that are unreachable or slow do not
 * prevent the start: the recorder tries again.
 *
 * @throws SettingsError with one line for the operator
 */
export async function checkStart(cells: NovaCells, databaseUrl: string, tables: Tables): Promise<void> {
  const listed = await listCells(cells);
  await Promise.all(listed.map(checkCell));
  await inspectOwnStore(databaseUrl, tables, async (source: DataSource) => {
    if (listed.length > 0 && (await hasTable(source, 'record_cells'))) await requireSameNova(source, listed);
  });
}

/**
 * Assigns a number to each cell that the store does not know. The transaction first checks that the store does not keep
 * the log of another Nova. So the first recorders of two Novas cannot both use the store.
 *
 * @returns the numbers by the UUIDs of the cells
 * @throws SettingsError if the store keeps the log of another Nova; the errors of `Database.write`
 */
export function registerCells(
  store: Database,
  listed: readonly ListedCell[],
): Promise<ReadonlyMap<string, number>> {
  const register = async (manager: EntityManager): Promise<ReadonlyMap<string, number>> => {
    await oneAtATime(manager, 'record_cells');
    await requireSameNova(manager, listed);
    const numbers = new Map<string, number>();
    for (const cell of listed) numbers.set(cell.uuid, await numberFor(manager, cell));
    return numbers;
  };
  return store.write(register, { isIdempotent: true });
}

/** Returns the cells; none if Nova's API database is unreachable or slow. */
async function listCells(cells: NovaCells): Promise<readonly RecordedCell[]> {
  try {
    return await cells.list(answerDeadline());
  } catch (error) {
    if (!(error instanceof DatabaseUnavailable)) throw error;
    const text = errorText(error.cause);
    if (isRejection(error.cause))
      throw new SettingsError(`NOVA_API_DATABASE_URL: cell_mappings cannot be read: ${text}`);
    new Logger('Recorder').warn(`the API database does not respond: ${text}`);
    return [];
  }
}

/** Checks the address of a cell, and that its account may read each table. */
async function checkCell({ uuid, name, database, problem }: RecordedCell): Promise<void> {
  if (problem !== undefined) throw new SettingsError(problem);
  for (const { table, sql } of checks()) {
    try {
      await database.read(answerDeadline(), (source) => source.query(sql));
    } catch (error) {
      const cause = error instanceof DatabaseUnavailable ? error.cause : error;
      if (!isRejection(cause)) return;
      throw new SettingsError(`the cell ${name ?? uuid}: ${reasonOf(cause, table)}`);
    }
  }
}

/** The error numbers of a server that rejects a SELECT because a privilege or a table is missing. */
const MISSING_PRIVILEGE = [1142, 1143];
const MISSING_TABLE = 1146;

function reasonOf(error: unknown, table: string): string {
  const number = serverErrorNumber(error);
  if (number === MISSING_TABLE) return `the table ${table} is missing`;
  if (number !== undefined && MISSING_PRIVILEGE.includes(number))
    return `the privilege to SELECT from ${table} is missing`;
  return `${table} cannot be read: ${errorText(error)}`;
}

/** Checks that at least one cell of the store is a cell of this Nova. Every Nova has a cell0 with the same UUID. */
async function requireSameNova(store: Store, listed: readonly ListedCell[]): Promise<void> {
  const known = (await readStates(store)).filter(({ number }) => number > 0);
  const others = known.filter(({ uuid }) => uuid !== CELL0);
  const compared = others.length > 0 ? others : known;
  const isOfThisNova = compared.some((cell) => listed.some((one) => isSameCell(cell, one)));
  if (compared.length > 0 && !isOfThisNova)
    throw new SettingsError(
      'DATABASE_URL: the store keeps the log of another Nova, because NOVA_API_DATABASE_URL lists none of its cells',
    );
}

function isSameCell(one: ListedCell, other: ListedCell): boolean {
  return one.uuid === other.uuid && secondOf(one) === secondOf(other);
}

function secondOf({ created_at }: ListedCell): string | undefined {
  return created_at?.slice(0, 19);
}
