import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';

/** A connection to the store of recorders, to read what they have written. */
export class RecordedStore {
  private constructor(
    readonly url: string,
    private readonly connection: Connection,
  ) {}

  static async open(url: string): Promise<RecordedStore> {
    return new RecordedStore(url, await createConnection(url));
  }

  /** Returns the names of the leases of cells that a recorder holds. */
  async leases(): Promise<string[]> {
    const names = await this.column(
      "SELECT name FROM nova_action_log_leases WHERE name LIKE 'record:%' AND held_until > UTC_TIMESTAMP(6) ORDER BY name",
    );
    return names.map(String);
  }

  /** Makes a lease expire, as if its holder had not renewed it in time. */
  async expireLease(name: string): Promise<void> {
    await this.connection.query(
      "UPDATE nova_action_log_leases SET held_until = '2000-01-01' WHERE name = ?",
      [name],
    );
  }

  /** Returns Nova's ids of the actions for which the record has entries, in the order of the record. */
  recordedActions(): Promise<unknown[]> {
    return this.column("SELECT nova_id FROM entries WHERE kind IN ('action', 'corrected') ORDER BY position");
  }

  /** Returns the number of positions up to the newest one that have no entry. */
  async positionsWithoutEntry(): Promise<number> {
    const [missing] = await this.column('SELECT COALESCE(MAX(position), 0) - COUNT(*) FROM entries');
    return Number(missing);
  }

  /** Returns the checksums of all tables, by the name of the table. */
  async checksums(): Promise<Record<string, unknown>> {
    const tables = await this.column(
      'SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name',
    );
    const rows = await Promise.all(
      tables.map(async (table) => {
        const [found] = await this.connection.query<RowDataPacket[]>('CHECKSUM TABLE ??', [table]);
        return [table, (found[0] as { Checksum: unknown } | undefined)?.Checksum] as const;
      }),
    );
    return Object.fromEntries(rows) as Record<string, unknown>;
  }

  /** Returns the number of cells that recorders have registered. */
  async recordedCells(): Promise<number> {
    return (await this.column('SELECT number FROM record_cells')).length;
  }

  async close(): Promise<void> {
    await this.connection.end();
  }

  /** Returns the first column of a query. Returns no rows if a table does not exist yet. */
  private async column(sql: string): Promise<unknown[]> {
    try {
      const [rows] = await this.connection.query<RowDataPacket[]>(sql);
      return rows.map((row) => Object.values(row)[0] as unknown);
    } catch (error) {
      if ((error as { code?: string }).code === 'ER_NO_SUCH_TABLE') return [];
      throw error;
    }
  }
}
