import { LRUCache } from 'lru-cache';
import type { SourceOn } from '../connection/data-source.js';
import { type Database, DatabaseUnavailable } from '../connection/database.js';
import type { Lookup } from '../rows/lookup.js';
import type { Cell, ServerLocation } from './cells.js';
import { type CellRow, KnownCells } from './known-cells.js';

/** Where Nova keeps a server, and how that cell is reached: one question with an index on both tables. */
export const WHERE_IS: Lookup = {
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

/** How many locations are remembered for the time when Nova's API database is unreachable. */
const MAX_LOCATIONS = 50_000;

/** Nova's API database as a directory: which cells there are, and which one holds a server. It is asked for each server. */
export class CellDirectory {
  readonly cells: KnownCells;
  /** Server → UUID of the cell it was last seen in. */
  private readonly lastSeen = new LRUCache<string, string>({ max: MAX_LOCATIONS });

  /**
   * @param mappings Nova's API database
   * @param base what templates of cells' addresses are filled from
   * @param sourceOn opens a database of Nova
   */
  constructor(
    readonly mappings: Database,
    base: string | undefined,
    sourceOn: SourceOn,
  ) {
    this.cells = new KnownCells(base, sourceOn);
  }

  /** @see Cells.find */
  async find(uuid: string, deadline: number): Promise<ServerLocation | undefined> {
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

  /** @see Cells.all */
  async list(deadline: number): Promise<readonly Cell[]> {
    const rows = await this.mappings.read(deadline, (source) => source.query<CellRow[]>(WHICH_ARE));
    this.cells.listed(rows);
    return rows.map((row) => ({ database: this.cells.databaseOf(row), isCell0: row.uuid === CELL0 }));
  }

  /**
   * Without the API database: a server leaves its cell only in a move to another one, and then the record that it leaves
   * behind is hidden, or gone. Its project is read from the cell, as always.
   */
  private async findAsLastSeen(key: string, deadline: number, failure: Error): Promise<ServerLocation> {
    const database = this.cells.lastDatabaseOf(this.lastSeen.get(key));
    if (database === undefined) throw failure;
    const [row] = await database.read(deadline, (source) =>
      source.query<{ hidden: number | null }[]>(IS_HIDDEN, [key]),
    );
    if (row === undefined || row.hidden) throw failure;
    return { database };
  }
}
