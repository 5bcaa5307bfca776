import { Logger } from '@nestjs/common';
import { errorText } from '../../common/error-text.js';
import { cellAddress } from './cell-connection.js';
import type { SourceOn } from '../connection/data-source.js';
import { Database } from '../connection/database.js';
import { mysqlDatabase } from '../connection/mysql-database.js';
import { timeLimits } from '../connection/time-limits.js';

/** A row of `cell_mappings`. */
export interface CellRow {
  readonly uuid: string;
  /** As Nova writes it, for SQLAlchemy; may be a template. */
  readonly database_connection: string | null;
}

/** A cell by the address that Nova has for it now. */
interface KnownCell {
  readonly connection: string;
  /** Without any host where the address is bad. */
  readonly database: Database;
  /** What is wrong with the address. */
  readonly problem?: string;
}

/** The databases of a Nova's cells, each by the address that the cell had when it was last looked up. */
export class KnownCells {
  private readonly log = new Logger('Cells');
  /** By UUID. */
  private readonly cells = new Map<string, KnownCell>();

  /**
   * @param base what templates are filled from
   * @param sourceOn opens a database of Nova
   */
  constructor(
    private readonly base: string | undefined,
    private readonly sourceOn: SourceOn,
  ) {}

  /** Where the cell's address is bad, the database is down. */
  databaseOf(row: CellRow): Database {
    return this.cell(row).database;
  }

  /** @param uuid of a cell that was looked up before */
  lastDatabaseOf(uuid = ''): Database | undefined {
    return this.cells.get(uuid)?.database;
  }

  /** Takes over which cells there are. One that is missing because it came just now is found again by the next request for it. */
  listed(rows: readonly CellRow[]): void {
    for (const row of rows) this.cell(row);
    const uuids = new Set(rows.map(({ uuid }) => uuid));
    for (const [uuid, cell] of this.cells) {
      if (uuids.has(uuid)) continue;
      this.cells.delete(uuid);
      closeLater(cell);
      this.log.log(`the cell ${uuid} is no longer read`);
    }
  }

  databases(): readonly Database[] {
    return [...this.cells.values()].map(({ database }) => database);
  }

  /** How they are, within half a second. A cell with a bad address is down. */
  health(): Promise<readonly { readonly name: string; readonly isUp: boolean }[]> {
    return Promise.all(
      [...this.cells].map(async ([uuid, { database }]) => ({
        name: `cell ${uuid}`,
        isUp: await database.responds(),
      })),
    );
  }

  /** A bad address is read anew each time: a file that it names may be there meanwhile. */
  private cell({ uuid, database_connection }: CellRow): KnownCell {
    const connection = database_connection ?? '';
    const known = this.cells.get(uuid);
    const isSame = known?.connection === connection;
    if (isSame && known.problem === undefined) return known;
    const cell = this.open(uuid, connection);
    this.cells.set(uuid, cell);
    if (isSame && known.problem === cell.problem) return cell;
    if (known !== undefined) closeLater(known);
    if (cell.problem === undefined) this.log.log(`${cell.database.name} is read from now on`);
    else this.log.error(cell.problem);
    return cell;
  }

  private open(uuid: string, connection: string): KnownCell {
    const [name, id] = [`the cell ${uuid}`, `cell ${uuid}`];
    try {
      const address = cellAddress(connection, this.base);
      const database = mysqlDatabase(name, id, address, this.sourceOn);
      const ignored = address.unknownOptions.join(', ');
      if (ignored !== '')
        this.log.warn(`database_connection of ${name} has options that are ignored: ${ignored}`);
      return { connection, database };
    } catch (error) {
      const problem = `database_connection of ${name}: ${errorText(error)}`;
      return { connection, database: new Database(name, id, []), problem };
    }
  }
}

function closeLater({ database }: KnownCell): void {
  setTimeout(() => void database.close(), timeLimits().formerCell).unref();
}
