import { NovaCells } from '../../../src/database/cells/nova-cells.js';
import { answerDeadline } from '../../../src/database/connection/time-limits.js';
import type { Database } from '../../../src/database/connection/database.js';
import { TABLES } from '../databases/own-store.js';
import type { CellName, NovaDatabases } from '../nova/databases.js';

/** A cell of the tests' Nova databases, opened as the recorder opens it. */
export interface OpenCell {
  readonly cells: NovaCells;
  readonly database: Database;
  close(): Promise<void>;
}

/** Opens a cell with at most two connections. */
export async function openCell({ apiUrl }: NovaDatabases, name: CellName): Promise<OpenCell> {
  const cells = await NovaCells.open({ NOVA_API_DATABASE_URL: apiUrl }, TABLES, { maxConnections: 2 });
  const cell = (await cells.list(answerDeadline())).find((one) => one.name === name);
  if (cell === undefined) throw new Error(`Nova lists no cell ${name}`);
  return { cells, database: cell.database, close: () => cells.close() };
}
