import { LRUCache } from 'lru-cache';
import type { DataSourceOnHost } from '../connection/data-source.js';
import { type Database, DatabaseUnavailable } from '../connection/database.js';
import type { Lookup } from '../rows/lookup.js';
import type { RecordedCell, ServerLocation } from './cells.js';
import { CellPools, type CellRow } from './cell-pools.js';

/**
 * The query for the cell of a server and for the address of that cell. The query uses an index of each of its tables.
 */
export const SERVER_LOCATION: Lookup = {
  maxKeys: 100,
  maxInFlight: 4,
  key: { table: '{instance_mappings}', columns: ['instance_uuid'] },
  select: 'm.instance_uuid, m.project_id, m.queued_for_delete, m.cell_id, c.uuid, c.database_connection',
  from: `{instance_mappings} m ON m.instance_uuid = wanted.instance_uuid
    LEFT JOIN {cell_mappings} c ON c.id = m.cell_id`,
};

const ALL_CELLS = 'SELECT uuid, name, created_at, database_connection FROM cell_mappings ORDER BY id';

/** The UUID of cell0, the cell of the servers to which Nova never assigned a host. */
export const CELL0 = '00000000-0000-0000-0000-000000000000';

/**
 * The query that reads whether the row of a server in a cell is hidden. When a server moves to another cell, Nova hides
 * its row in the old cell.
 */
const IS_HIDDEN = 'SELECT hidden FROM instances WHERE uuid = ?';

type ListedRow = CellRow & Pick<RecordedCell, 'name' | 'created_at'>;

type MappingRow = {
  readonly instance_uuid: string;
  readonly project_id: string;
  readonly queued_for_delete: number | null;
} & (({ readonly cell_id: number } & CellRow) | { readonly cell_id: null });

/**
 * The maximum number of servers whose cell is cached. The cache is used only while Nova's API database is unreachable.
 */
const MAX_LOCATIONS = 50_000;

/** Looks up cells, and the cell of a server, in Nova's API database. Each lookup sends a query. */
export class CellDirectory {
  readonly pools: CellPools;
  /** For each server UUID in lower case: the UUID of the cell in which the service last found the server. */
  private readonly lastSeen = new LRUCache<string, string>({ max: MAX_LOCATIONS });

  /**
   * @param mappings Nova's API database, which contains the cell of each server
   * @param base the address whose parts fill in the templates of cells' addresses: NOVA_DATABASE_URL
   * @param sourceOnHost makes the DataSource for one host of a database of Nova
   */
  constructor(
    readonly mappings: Database,
    base: string | undefined,
    sourceOnHost: DataSourceOnHost,
  ) {
    this.pools = new CellPools(base, sourceOnHost);
  }

  /** @see Cells.find */
  async find(uuid: string, deadline: number): Promise<ServerLocation | undefined> {
    const key = uuid.toLowerCase();
    let row: MappingRow | undefined;
    try {
      // This query may take half of the time until the deadline. The other half is for the query in the server's cell.
      const half = (performance.now() + deadline) / 2;
      [row] = await this.mappings.load<MappingRow>(half, SERVER_LOCATION, [uuid]);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      return this.findInLastSeenCell(key, deadline, error);
    }
    if (row === undefined) return undefined;
    // The server was deleted before Nova assigned a cell. No database has a row of the server, so it does not exist.
    if (row.cell_id === null && row.queued_for_delete) return undefined;
    if (row.cell_id === null) return { database: undefined, projectId: row.project_id };
    const database = this.pools.cell(row);
    if (this.lastSeen.get(key) !== row.uuid) this.lastSeen.set(key, row.uuid);
    return { database, uuid: row.instance_uuid, projectId: row.project_id };
  }

  /** @see Cells.all */
  async list(deadline: number): Promise<readonly RecordedCell[]> {
    const rows = await this.mappings.read(deadline, (source) => source.query<ListedRow[]>(ALL_CELLS));
    const cells = rows.map((row) => ({
      ...this.pools.withLocation(row),
      isCell0: row.uuid === CELL0,
      uuid: row.uuid,
      name: row.name,
      created_at: row.created_at,
    }));
    // If Nova added a cell after this query, and another request has opened the database of that cell, this call closes
    // the database again. The next request for a server in that cell reopens it.
    this.pools.closeAllExcept(rows);
    return cells;
  }

  /**
   * Finds the server in the cell in which it was last found. Fails if the server has moved to another cell since then:
   * its row in the old cell is hidden or deleted. The result has no project id; the code that uses the result reads the
   * project id from the cell.
   */
  private async findInLastSeenCell(key: string, deadline: number, failure: Error): Promise<ServerLocation> {
    const database = this.pools.known(this.lastSeen.get(key));
    if (database === undefined) throw failure;
    const [row] = await database.read(deadline, (source) =>
      source.query<{ hidden: number | null }[]>(IS_HIDDEN, [key]),
    );
    if (row === undefined || row.hidden) throw failure;
    return { database };
  }
}
