import { Logger } from '@nestjs/common';
import { errorText } from '../../common/error-text.js';
import { withTimeout } from '../../common/with-timeout.js';
import { parseMysqlUrl } from '../../config/addresses/mysql-address.js';
import { SettingsError } from '../../config/settings-error.js';
import type { Settings } from '../../config/settings.js';
import { novaDatabaseOnHost, type DataSourceOnHost } from '../connection/data-source.js';
import { type Database, DatabaseUnavailable } from '../connection/database.js';
import { mysqlDatabase } from '../connection/mysql-database.js';
import { isRejection } from '../connection/mysql-errors.js';
import { answerDeadline, timeLimits } from '../connection/time-limits.js';
import type { DatabaseGroup, DatabaseHealth } from '../connection/database-states.js';
import type { Tables } from '../tables/module-with-tables.js';
import { CellDirectory, SERVER_LOCATION } from './cell-directory.js';
import { type Cell, Cells, type RecordedCell, type ServerLocation } from './cells.js';
import type { CopiedCell } from './copied-cell.js';

/** The options of `NovaCells.open`. */
interface NovaCellsOptions {
  readonly copy?: CopiedCell | undefined;
  readonly registered?: Database | undefined;
  readonly maxConnections?: number;
}

/** The databases of the cells of a Nova deployment. The service only reads from them. */
export class NovaCells extends Cells implements DatabaseGroup {
  /** Users can restore a soft-deleted server. While a server moves to another cell, one of its two rows is hidden. */
  protected override readonly isUndeleted =
    "server.deleted = 0 AND COALESCE(server.vm_state, '') <> 'soft-delete' AND COALESCE(server.hidden, 0) = 0";
  private readonly log = new Logger('Cells');

  private constructor(
    private readonly directory: CellDirectory,
    /** Nova's main database; undefined if NOVA_DATABASE_URL is not set. */
    private readonly configured: Database | undefined,
    private readonly copied: CopiedCell | undefined,
    private readonly ownStore: Database | undefined,
  ) {
    super();
  }

  /**
   * Opens the databases of Nova.
   *
   * @param options.copy the copy of Nova's rows, if the service uses one
   * @param options.registered the own store, if services register servers there
   * @param options.maxConnections the maximum number of connections to a host of a database; by default as for requests
   * @throws SettingsError if the API database responds but does not permit the service to read from it; the message is
   *   one line for the operator. If the API database is unreachable or slow, the service starts
   *   nevertheless
   */
  static async open(
    {
      NOVA_API_DATABASE_URL: api = '',
      NOVA_DATABASE_URL: base,
    }: Pick<Settings, 'NOVA_API_DATABASE_URL' | 'NOVA_DATABASE_URL'>,
    tables: Tables,
    { copy, registered, maxConnections }: NovaCellsOptions = {},
  ): Promise<NovaCells> {
    const sourceOnHost = novaDatabaseOnHost(tables, maxConnections);
    const mappings = databaseAt(
      'NOVA_API_DATABASE_URL',
      "Nova's API database",
      'api_database',
      api,
      sourceOnHost,
    );
    const cells = new NovaCells(
      new CellDirectory(mappings, base, sourceOnHost),
      base === undefined
        ? undefined
        : databaseAt('NOVA_DATABASE_URL', "Nova's database", 'main_database', base, sourceOnHost),
      copy,
      registered,
    );
    await cells.checkAccess();
    return cells;
  }

  override find(uuid: string, deadline: number): Promise<ServerLocation | undefined> {
    return this.directory.find(uuid, deadline);
  }

  override decoy(): Database | undefined {
    return this.directory.pools.databases().find((database) => database.isUp());
  }

  override copy(): CopiedCell | undefined {
    return this.copied;
  }

  override registered(): Database | undefined {
    return this.ownStore;
  }

  override all(deadline: number): Promise<readonly Cell[]> {
    return this.list(deadline);
  }

  /** Returns all cells as `all` does, with their rows in `cell_mappings`. */
  list(deadline: number): Promise<readonly RecordedCell[]> {
    return this.directory.list(deadline);
  }

  /**
   * If NOVA_DATABASE_URL is not set, the database of cell0 is used: in Nova's installation guide, cell0 and the main
   * database are the same database.
   */
  protected override async mainDatabase(deadline: number): Promise<Database> {
    if (this.configured !== undefined) return this.configured;
    const cell0 = (await this.all(deadline)).find(({ isCell0 }) => isCell0);
    if (cell0 !== undefined) return cell0.database;
    throw new DatabaseUnavailable(
      new Error('cell_mappings contains no cell0, so NOVA_DATABASE_URL must be set'),
    );
  }

  protected override apiDatabase(): Database {
    return this.directory.mappings;
  }

  /**
   * Returns the state of all databases of Nova. The service is usable if at least one cell is up. If the API database
   * is down, the service still returns the data of servers whose cell is cached.
   */
  async health(): Promise<DatabaseHealth> {
    const { mappings, pools } = this.directory;
    const listed = withTimeout(timeLimits().cellList, this.all(answerDeadline())).catch(() => undefined);
    const [isUp, main] = await Promise.all([mappings.responds(), this.configured?.responds(), listed]);
    const states = await Promise.all(
      pools.databases().map(async (cell) => ({ name: cell.id, isUp: await cell.responds() })),
    );
    return {
      databases: [
        { name: 'api_database', isUp },
        ...(main === undefined ? [] : [{ name: 'main_database', isUp: main }]),
        ...states,
      ],
      isUsable: states.some((cell) => cell.isUp) || (isUp && states.length === 0),
    };
  }

  databases(): readonly Database[] {
    const { mappings, pools } = this.directory;
    return [mappings, ...(this.configured === undefined ? [] : [this.configured]), ...pools.databases()];
  }

  async close(): Promise<void> {
    await Promise.all(this.databases().map((one) => one.close()));
  }

  /**
   * Checks the address, the database account and its privileges when the service starts. Without this check, the
   * service would start with a wrong setting, and every request would fail.
   */
  private async checkAccess(): Promise<void> {
    const { mappings } = this.directory;
    try {
      await mappings.load(answerDeadline(), SERVER_LOCATION, ['']);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      const { cause } = error;
      if (isRejection(cause)) {
        await this.close();
        throw new SettingsError(`NOVA_API_DATABASE_URL: the database cannot be read: ${errorText(cause)}`);
      }
      this.log.warn(
        `the API database does not respond; until it responds, requests for servers return 503: ${errorText(cause)}`,
      );
    }
  }
}

/**
 * Opens a database.
 *
 * @throws SettingsError with the name of the setting if a certificate file in the address cannot be read
 */
function databaseAt(
  setting: string,
  name: string,
  id: string,
  url: string,
  sourceOnHost: DataSourceOnHost,
): Database {
  try {
    return mysqlDatabase(name, id, parseMysqlUrl(url), sourceOnHost);
  } catch (error) {
    throw new SettingsError(`${setting}: ${errorText(error)}`);
  }
}
