import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { errorText } from '../../common/error-text.js';
import { within } from '../../common/within.js';
import { parseMysqlUrl } from '../../config/mysql-address.js';
import { SettingsError } from '../../config/settings-error.js';
import type { Settings } from '../../config/settings.js';
import { type Cell, Cells, type StoreHealth, type Whereabouts } from './cells.js';
import { novaDatabaseOn } from '../connection/data-source.js';
import { type Database, DatabaseUnavailable } from '../connection/database.js';
import { answerDeadline, timeLimits } from '../connection/time-limits.js';
import { type CellRow, KnownCells } from './known-cells.js';
import type { Lookup } from '../rows/lookup.js';
import { mysqlDatabase } from '../connection/mysql-database.js';
import { isRefusal } from '../connection/mysql-errors.js';

/** Where Nova keeps a server, and how that cell is reached: one question with an index on both tables. */
const WHERE_IS: Lookup = {
  keys: 100,
  batches: 4,
  key: { table: 'instance_mappings', columns: ['instance_uuid'] },
  select: 'm.instance_uuid, m.project_id, m.queued_for_delete, m.cell_id, c.uuid, c.database_connection',
  from: `instance_mappings m ON m.instance_uuid = wanted.instance_uuid
    LEFT JOIN cell_mappings c ON c.id = m.cell_id`,
};

const WHICH_ARE = 'SELECT uuid, database_connection FROM cell_mappings ORDER BY id';

/** Nova's name for the cell of servers that never came to a host. */
const CELL0 = '00000000-0000-0000-0000-000000000000';

/** The server's record in a cell, where a move between cells leaves one of two that does not count. */
const IS_HIDDEN = 'SELECT hidden FROM instances WHERE uuid = ?';

type MappingRow = {
  readonly instance_uuid: string;
  readonly project_id: string;
  readonly queued_for_delete: number | null;
} & (({ readonly cell_id: number } & CellRow) | { readonly cell_id: null });

/** How many servers' cells are remembered for the time when Nova's API database is away. */
const REMEMBERED = 50_000;

/** The cells of a Nova, which are only ever read. Which there are is asked anew for every server. */
export class NovaCells extends Cells {
  private readonly log = new Logger('Cells');
  private readonly cells: KnownCells;
  /** Server → uuid of the cell it was last seen in. */
  private readonly lastSeen = new LRUCache<string, string>({ max: REMEMBERED });

  private constructor(
    /** Nova's API database, which says where servers are. */
    private readonly mappings: Database,
    /** What templates are filled from. */
    base: string | undefined,
    /** The database of Nova's own configuration, if we are told which. */
    private readonly configured: Database | undefined,
  ) {
    super();
    this.cells = new KnownCells(base);
  }

  /**
   * @throws SettingsError where the API database is there and does not let us read it, in one line for the operator
   */
  static async open({
    NOVA_API_DATABASE_URL: api = '',
    NOVA_DATABASE_URL: base,
  }: Pick<Settings, 'NOVA_API_DATABASE_URL' | 'NOVA_DATABASE_URL'>): Promise<NovaCells> {
    const cells = new NovaCells(
      databaseAt('NOVA_API_DATABASE_URL', "Nova's API database", 'api_database', api),
      base,
      base === undefined
        ? undefined
        : databaseAt('NOVA_DATABASE_URL', "Nova's database", 'main_database', base),
    );
    await cells.tryOut();
    return cells;
  }

  override async find(uuid: string, deadline: number): Promise<Whereabouts | undefined> {
    const key = uuid.toLowerCase();
    let row: MappingRow | undefined;
    try {
      // Half of the time is for the cell.
      const half = (performance.now() + deadline) / 2;
      [row] = await this.mappings.load<MappingRow>(half, WHERE_IS, [uuid]);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      return this.findAsLastSeen(key, deadline, error);
    }
    if (row === undefined) return undefined;
    // Deleted before it had a cell: of such a server Nova keeps nothing else.
    if (row.cell_id === null && row.queued_for_delete) return undefined;
    if (row.cell_id === null) return { database: undefined, projectId: row.project_id };
    const database = this.cells.databaseOf(row);
    if (this.lastSeen.get(key) !== row.uuid) this.lastSeen.set(key, row.uuid);
    return { database, uuid: row.instance_uuid, projectId: row.project_id };
  }

  override decoy(): Database | undefined {
    return this.cells.databases().find((database) => database.isUp());
  }

  override async all(deadline: number): Promise<readonly Cell[]> {
    const rows = await this.mappings.read(deadline, (source) => source.query<CellRow[]>(WHICH_ARE));
    this.cells.listed(rows);
    return rows.map((row) => ({ database: this.cells.databaseOf(row), isCell0: row.uuid === CELL0 }));
  }

  /** Where that is not said it is the one that Nova's own instructions name: cell0's. */
  protected override async mainDatabase(deadline: number): Promise<Database> {
    if (this.configured !== undefined) return this.configured;
    const cell0 = (await this.all(deadline)).find(({ isCell0 }) => isCell0);
    if (cell0 !== undefined) return cell0.database;
    throw new DatabaseUnavailable(new Error('there is no cell0, and NOVA_DATABASE_URL is not set'));
  }

  protected override apiDatabase(): Database {
    return this.mappings;
  }

  /** Without the API database those servers can be answered for whose cell is known. */
  override async health(): Promise<StoreHealth> {
    const listed = within(timeLimits().cellList, this.all(answerDeadline())).catch(() => undefined);
    const [isUp, main] = await Promise.all([this.mappings.responds(), this.configured?.responds(), listed]);
    const cells = await this.cells.health();
    return {
      databases: [
        { name: 'api_database', isUp },
        ...(main === undefined ? [] : [{ name: 'main_database', isUp: main }]),
        ...cells,
      ],
      isUsable: cells.some((cell) => cell.isUp) || (isUp && cells.length === 0),
    };
  }

  override databases(): readonly Database[] {
    return [
      this.mappings,
      ...(this.configured === undefined ? [] : [this.configured]),
      ...this.cells.databases(),
    ];
  }

  override async close(): Promise<void> {
    await Promise.all(this.databases().map((one) => one.close()));
  }

  /**
   * Without the API database: a server does not leave its cell but in a move to another one, and then the record
   * that it leaves behind is hidden, or gone. Whose it is is read from the cell, as ever.
   */
  private async findAsLastSeen(key: string, deadline: number, failure: Error): Promise<Whereabouts> {
    const database = this.cells.lastDatabaseOf(this.lastSeen.get(key));
    if (database === undefined) throw failure;
    const [row] = await database.read(deadline, (source) =>
      source.query<{ hidden: number | null }[]>(IS_HIDDEN, [key]),
    );
    if (row === undefined || row.hidden) throw failure;
    return { database };
  }

  /** Mistakes in the address, the login or its rights show at the start, and not as answers that never come. */
  private async tryOut(): Promise<void> {
    try {
      await this.mappings.load(answerDeadline(), WHERE_IS, ['']);
    } catch (error) {
      const cause = error instanceof DatabaseUnavailable ? error.cause : error;
      if (this.mappings.isUp() || isRefusal(cause)) {
        await this.close();
        throw new SettingsError(`NOVA_API_DATABASE_URL: the database cannot be read: ${errorText(cause)}`);
      }
      this.log.warn(
        `the API database is away: servers are answered for when it is there: ${errorText(cause)}`,
      );
    }
  }
}

/** @throws SettingsError naming the setting, where the files that its address names cannot be read */
function databaseAt(setting: string, name: string, id: string, url: string): Database {
  try {
    return mysqlDatabase(name, id, parseMysqlUrl(url), novaDatabaseOn);
  } catch (error) {
    throw new SettingsError(`${setting}: ${errorText(error)}`);
  }
}
