import { LRUCache } from 'lru-cache';
import type { DataSourceOnHost } from '../connection/data-source.js';
import { type Database, DatabaseUnavailable } from '../connection/database.js';
import type { Lookup } from '../rows/lookup.js';
import type { Cell, ServerLocation } from './cells.js';
import { CellPools, type CellRow } from './cell-pools.js';

/** Which cell holds a server, and at what address: one query that uses an index of either table. */
export const SERVER_LOCATION: Lookup = {
  maxKeys: 100,
  maxInFlight: 4,
  key: { table: 'instance_mappings', columns: ['instance_uuid'] },
  select: 'm.instance_uuid, m.project_id, m.queued_for_delete, m.cell_id, c.uuid, c.database_connection',
  from: `instance_mappings m ON m.instance_uuid = wanted.instance_uuid
    LEFT JOIN cell_mappings c ON c.id = m.cell_id`,
};

const ALL_CELLS = 'SELECT uuid, database_connection FROM cell_mappings ORDER BY id';

/** Nova's UUID for the cell of the servers that never ran on a host. */
const CELL0 = '00000000-0000-0000-0000-000000000000';

/** After a move between cells, Nova hides the server's record in the cell that it left. */
const IS_HIDDEN = 'SELECT hidden FROM instances WHERE uuid = ?';

type MappingRow = {
  readonly instance_uuid: string;
  readonly project_id: string;
  readonly queued_for_delete: number | null;
} & (({ readonly cell_id: number } & CellRow) | { readonly cell_id: null });

/** How many locations are remembered for the time when Nova's API database is unreachable. */
const MAX_LOCATIONS = 50_000;

/** Nova's API database as a directory: which cells there are, and which one holds a server. Each request reads it anew. */
export class CellDirectory {
  readonly pools: CellPools;
  /** Server → UUID of the cell it was last seen in. */
  private readonly lastSeen = new LRUCache<string, string>({ max: MAX_LOCATIONS });

  /**
   * @param mappings Nova's API database
   * @param base the address that fills in the templates of cells' addresses
   * @param sourceOnHost opens a database of Nova
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
      // The other half is for the cell.
      const half = (performance.now() + deadline) / 2;
      [row] = await this.mappings.load<MappingRow>(half, SERVER_LOCATION, [uuid]);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      return this.findInLastSeenCell(key, deadline, error);
    }
    if (row === undefined) return undefined;
    // The server was deleted before it had a cell: Nova keeps nothing else of it.
    if (row.cell_id === null && row.queued_for_delete) return undefined;
    if (row.cell_id === null) return { database: undefined, projectId: row.project_id };
    const database = this.pools.cell(row);
    if (this.lastSeen.get(key) !== row.uuid) this.lastSeen.set(key, row.uuid);
    return { database, uuid: row.instance_uuid, projectId: row.project_id };
  }

  /** @see Cells.all */
  async list(deadline: number): Promise<readonly Cell[]> {
    const rows = await this.mappings.read(deadline, (source) => source.query<CellRow[]>(ALL_CELLS));
    const cells = rows.map((row) => ({ database: this.pools.cell(row), isCell0: row.uuid === CELL0 }));
    // A cell that Nova added since the query is opened again by the next request for one of its servers.
    this.pools.closeAllExcept(rows);
    return cells;
  }

  /**
   * Looks in the cell where the server was last seen. A server leaves its cell only by a move to another one, and then
   * its record there is hidden, or gone. Its project is read from the cell, as always.
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
