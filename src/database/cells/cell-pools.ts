import { Logger } from '@nestjs/common';
import { errorText } from '../../common/error-text.js';
import type { MysqlAddress } from '../../config/addresses/mysql-address.js';
import type { DataSourceOnHost } from '../connection/data-source.js';
import { Database } from '../connection/database.js';
import { mysqlDatabase } from '../connection/mysql-database.js';
import { timeLimits } from '../connection/time-limits.js';
import { cellAddress } from './cell-connection.js';

/** A row of `cell_mappings`. */
export interface CellRow {
  readonly uuid: string;
  /** The address of the cell's database as a SQLAlchemy URL. It may have placeholders such as `{hostname}`. */
  readonly database_connection: string | null;
}

/** An open cell. */
interface CellPool {
  /** The `database_connection` with which the pool was opened. */
  readonly connection: string;
  /** The database of the cell. It has no hosts, and is therefore down, if the address is invalid. */
  readonly database: Database;
  /** @see RecordedCell.location */
  readonly location: string | undefined;
  /** The reason why the address is invalid; undefined if it is valid. */
  readonly problem?: string | undefined;
}

/** The open databases of Nova's cells. Each has the address that the service last read from `cell_mappings`. */
export class CellPools {
  private readonly log = new Logger('Cells');
  /** The open databases, each by the UUID of its cell. */
  private readonly pools = new Map<string, CellPool>();

  /**
   * @param base the address whose parts fill in the templates of cells' addresses: NOVA_DATABASE_URL
   * @param sourceOnHost makes the DataSource for one host of a database of Nova
   */
  constructor(
    private readonly base: string | undefined,
    private readonly sourceOnHost: DataSourceOnHost,
  ) {}

  /**
   * Returns the database of a cell. Opens the database if the cell or its address is new. If the address is invalid,
   * the returned database is always down.
   */
  cell(row: CellRow): Database {
    return this.pool(row).database;
  }

  /** Returns the database of a cell as `cell` does, with its location. */
  withLocation(row: CellRow): Pick<CellPool, 'database' | 'location' | 'problem'> {
    const { database, location, problem } = this.pool(row);
    return { database, location, problem };
  }

  /** Returns the database of a cell if the database is open, otherwise undefined. @param uuid the UUID of the cell */
  known(uuid = ''): Database | undefined {
    return this.pools.get(uuid)?.database;
  }

  /**
   * Closes the databases of all cells except the given ones, after a delay in which the requests in progress can
   * finish.
   */
  closeAllExcept(rows: readonly CellRow[]): void {
    const uuids = new Set(rows.map(({ uuid }) => uuid));
    for (const [uuid, pool] of this.pools) {
      if (uuids.has(uuid)) continue;
      this.pools.delete(uuid);
      closeLater(pool);
      this.log.log(`the cell ${uuid} was removed from cell_mappings: its connections will be closed`);
    }
  }

  databases(): readonly Database[] {
    return [...this.pools.values()].map(({ database }) => database);
  }

  /**
   * Returns the open database of a cell, or opens the database. Parses an invalid address again at each call, because a
   * certificate file in the address may exist by now.
   */
  private pool({ uuid, database_connection }: CellRow): CellPool {
    const connection = database_connection ?? '';
    const known = this.pools.get(uuid);
    const isSame = known?.connection === connection;
    if (isSame && known.problem === undefined) return known;
    const pool = this.open(uuid, connection);
    if (isSame && known.problem === pool.problem) return known;
    this.pools.set(uuid, pool);
    if (known !== undefined) closeLater(known);
    if (pool.problem === undefined)
      this.log.log(`${pool.database.name} is new or has a new address: the service now reads it`);
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
        this.log.warn(`database_connection of ${name} has options that the service ignores: ${ignored}`);
      return { connection, database, location: locationOf(address) };
    } catch (error) {
      const problem = `database_connection of ${name}: ${errorText(error)}`;
      return { connection, database: new Database(name, id, []), location: undefined, problem };
    }
  }
}

function locationOf({ hosts, socketPath, database }: MysqlAddress): string {
  const addresses =
    socketPath === undefined ? hosts.map(({ host, port }) => `${host}:${port}`) : [socketPath];
  return `${addresses.sort().join(',').toLowerCase()}/${database}`;
}

function closeLater({ database }: CellPool): void {
  setTimeout(() => void database.close(), timeLimits().formerCell).unref();
}
