import { Logger } from '@nestjs/common';
import { errorText } from '../../common/error-text.js';
import type { DataSourceOnHost } from '../connection/data-source.js';
import { Database } from '../connection/database.js';
import { mysqlDatabase } from '../connection/mysql-database.js';
import { timeLimits } from '../connection/time-limits.js';
import { cellAddress } from './cell-connection.js';

/** A row of `cell_mappings`. */
export interface CellRow {
  readonly uuid: string;
  /** As Nova writes it, for SQLAlchemy; may be a template. */
  readonly database_connection: string | null;
}

interface CellPool {
  /** The address that it was opened with, as Nova writes it. */
  readonly connection: string;
  /** It has no hosts where the address is invalid. */
  readonly database: Database;
  /** Why the address is invalid. */
  readonly problem?: string;
}

/** The databases of Nova's cells, each open at the address that the cell had in the last row. */
export class CellPools {
  private readonly log = new Logger('Cells');
  /** By the cell's UUID. */
  private readonly pools = new Map<string, CellPool>();

  /**
   * @param base the address that fills in templates
   * @param sourceOnHost opens a database of Nova
   */
  constructor(
    private readonly base: string | undefined,
    private readonly sourceOnHost: DataSourceOnHost,
  ) {}

  /** The cell's database, which is opened where the cell or its address is new. With an invalid address it is down. */
  cell(row: CellRow): Database {
    return this.pool(row).database;
  }

  /** @param uuid of the cell */
  known(uuid = ''): Database | undefined {
    return this.pools.get(uuid)?.database;
  }

  /** Closes the databases of all other cells. A request that still needs one of them has the time to finish. */
  closeAllExcept(rows: readonly CellRow[]): void {
    const uuids = new Set(rows.map(({ uuid }) => uuid));
    for (const [uuid, pool] of this.pools) {
      if (uuids.has(uuid)) continue;
      this.pools.delete(uuid);
      closeLater(pool);
      this.log.log(`the cell ${uuid} is no longer read`);
    }
  }

  databases(): readonly Database[] {
    return [...this.pools.values()].map(({ database }) => database);
  }

  /** An invalid address is read again each time, because the files that it names may exist by now. */
  private pool({ uuid, database_connection }: CellRow): CellPool {
    const connection = database_connection ?? '';
    const known = this.pools.get(uuid);
    const isSame = known?.connection === connection;
    if (isSame && known.problem === undefined) return known;
    const pool = this.open(uuid, connection);
    this.pools.set(uuid, pool);
    if (isSame && known.problem === pool.problem) return pool;
    if (known !== undefined) closeLater(known);
    if (pool.problem === undefined) this.log.log(`${pool.database.name} is read from now on`);
    else this.log.error(pool.problem);
    return pool;
  }

  private open(uuid: string, connection: string): CellPool {
    const [name, id] = [`the cell ${uuid}`, `cell ${uuid}`];
    try {
      const address = cellAddress(connection, this.base);
      const database = mysqlDatabase(name, id, address, this.sourceOnHost);
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

function closeLater({ database }: CellPool): void {
  setTimeout(() => void database.close(), timeLimits().formerCell).unref();
}
