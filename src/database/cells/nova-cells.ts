import { Logger } from '@nestjs/common';
import { errorText } from '../../common/error-text.js';
import { withTimeout } from '../../common/with-timeout.js';
import { parseMysqlUrl } from '../../config/addresses/mysql-address.js';
import { SettingsError } from '../../config/settings-error.js';
import type { Settings } from '../../config/settings.js';
import { novaDatabaseOn, type SourceOn } from '../connection/data-source.js';
import { type Database, DatabaseUnavailable } from '../connection/database.js';
import { mysqlDatabase } from '../connection/mysql-database.js';
import { isRefusal } from '../connection/mysql-errors.js';
import { answerDeadline, timeLimits } from '../connection/time-limits.js';
import type { DatabaseGroup, DatabaseHealth } from '../connection/database-states.js';
import type { Tables } from '../tables/module-with-tables.js';
import { CellDirectory, SERVER_LOCATION } from './cell-directory.js';
import { type Cell, Cells, type ServerLocation } from './cells.js';

/** The cells of a Nova. The service only reads them. */
export class NovaCells extends Cells implements DatabaseGroup {
  private readonly log = new Logger('Cells');

  private constructor(
    private readonly directory: CellDirectory,
    /** The database of Nova's own configuration, if the settings name it. */
    private readonly configured: Database | undefined,
  ) {
    super();
  }

  /**
   * @throws SettingsError where the API database responds and refuses to be read, in one line for the operator
   */
  static async open(
    {
      NOVA_API_DATABASE_URL: api = '',
      NOVA_DATABASE_URL: base,
    }: Pick<Settings, 'NOVA_API_DATABASE_URL' | 'NOVA_DATABASE_URL'>,
    tables: Tables,
  ): Promise<NovaCells> {
    const on = novaDatabaseOn(tables);
    const mappings = databaseAt('NOVA_API_DATABASE_URL', "Nova's API database", 'api_database', api, on);
    const cells = new NovaCells(
      new CellDirectory(mappings, base, on),
      base === undefined
        ? undefined
        : databaseAt('NOVA_DATABASE_URL', "Nova's database", 'main_database', base, on),
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

  override all(deadline: number): Promise<readonly Cell[]> {
    return this.directory.list(deadline);
  }

  /** Where the settings name none, it is cell0's database, as in Nova's installation guide. */
  protected override async mainDatabase(deadline: number): Promise<Database> {
    if (this.configured !== undefined) return this.configured;
    const cell0 = (await this.all(deadline)).find(({ isCell0 }) => isCell0);
    if (cell0 !== undefined) return cell0.database;
    throw new DatabaseUnavailable(new Error('there is no cell0, and NOVA_DATABASE_URL is not set'));
  }

  protected override apiDatabase(): Database {
    return this.directory.mappings;
  }

  /** Without the API database the service still answers for the servers whose cell it remembers. */
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

  /** So that mistakes in the address, the login or its rights stop the start instead of failing every request. */
  private async checkAccess(): Promise<void> {
    const { mappings } = this.directory;
    try {
      await mappings.load(answerDeadline(), SERVER_LOCATION, ['']);
    } catch (error) {
      const cause = error instanceof DatabaseUnavailable ? error.cause : error;
      if (mappings.isUp() || isRefusal(cause)) {
        await this.close();
        throw new SettingsError(`NOVA_API_DATABASE_URL: the database cannot be read: ${errorText(cause)}`);
      }
      this.log.warn(
        `the API database is unreachable; until it responds, requests for servers get 503: ${errorText(cause)}`,
      );
    }
  }
}

/** @throws SettingsError naming the setting, where the files that its address names cannot be read */
function databaseAt(setting: string, name: string, id: string, url: string, sourceOn: SourceOn): Database {
  try {
    return mysqlDatabase(name, id, parseMysqlUrl(url), sourceOn);
  } catch (error) {
    throw new SettingsError(`${setting}: ${errorText(error)}`);
  }
}
