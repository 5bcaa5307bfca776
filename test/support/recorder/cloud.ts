import { createConnection, createPool, type Pool, type RowDataPacket } from 'mysql2/promise';
import type { MariaDbServer } from '../databases/mariadb.js';
import { Relay } from '../http/relay.js';
import { type CellName, createNovaDatabases, type NovaDatabases } from '../nova/databases.js';
import type { Random } from '../random.js';
import { type Backup, CellTruth, type Change, type Row, type Table } from './truth.js';
import { archiveStatements, changeStatements, restoreStatements } from './statements.js';

/** The nodes of each cell's database. As on Galera, each node assigns every third id. */
const NODES = 3;

/** The databases of a Nova with three cells, to which the test writes as Nova does, and all that was committed. */
export class Cloud {
  private constructor(
    readonly databases: NovaDatabases,
    readonly cells: readonly CloudCell[],
  ) {}

  static async create(server: MariaDbServer, random: Random): Promise<Cloud> {
    const databases = await createNovaDatabases(server, { connectAs: 'recorder' });
    const api = await createConnection(databases.adminUrl('nova_api'));
    const cells: CloudCell[] = [];
    for (const name of ['cell0', 'cell1', 'cell2'] as const) {
      const { uuid, url } = databases.cells[name];
      const relay = await Relay.to(Number(new URL(databases.adminUrl(name)).port));
      const through = url.replace(/:\d+\/(?=[^/]*$)/, `:${relay.port}/`);
      await api.query('UPDATE cell_mappings SET database_connection = ? WHERE uuid = ?', [through, uuid]);
      cells.push(new CloudCell(name, uuid, databases.adminUrl(name), relay, random));
    }
    await api.end();
    return new Cloud(databases, cells);
  }

  async remove(): Promise<void> {
    for (const cell of this.cells) await cell.close();
    await this.databases.remove();
  }
}

/** One cell. Readers reach its database through a relay, which a test can cut. */
export class CloudCell {
  readonly truth = new CellTruth();
  private readonly pool: Pool;
  private lastIds: Record<Table, number> = { ...NO_IDS };
  /** The transactions in progress. */
  private readonly open = new Set<Promise<void>>();

  constructor(
    readonly name: CellName,
    readonly uuid: string,
    private readonly url: string,
    readonly relay: Relay,
    private readonly random: Random,
  ) {
    this.pool = createPool({ uri: url, multipleStatements: true, connectionLimit: 40 });
  }

  /** Returns an id that the table has not used. A transaction that is rolled back leaves its ids unused. */
  nextId(table: Table): number {
    const node = this.random.int(0, NODES - 1);
    const above = this.lastIds[table] + 1;
    const id = above + ((((node - above) % NODES) + NODES) % NODES);
    this.lastIds[table] = id;
    return id;
  }

  /** Commits changes in one transaction, which stays open for `held` milliseconds. */
  commit(changes: readonly Change[], held = 0): Promise<void> {
    const last = lastChanges(changes);
    return this.run(changeStatements(this.truth, last), last, held);
  }

  /** Moves deleted servers to the shadow tables, as `nova-manage db archive_deleted_rows` does. */
  async archive(servers: readonly number[]): Promise<void> {
    const moved = this.truth.moves(servers);
    if (moved.length > 0) await this.run(archiveStatements(moved), moved);
  }

  /** Deletes all rows from the shadow tables, one table after the other, as `nova-manage db purge --all` does. */
  async purge(): Promise<void> {
    for (const table of [
      'instance_actions',
      'instance_actions_events',
      'instance_extra',
      'instances',
    ] as const) {
      const gone = this.truth.rows(table, true).map(({ id }) => ({ table, id }));
      if (gone.length > 0) await this.run([`DELETE FROM shadow_${table}`], gone);
    }
  }

  /** Loads the rows that the truth has into the empty database. */
  load(): Promise<void> {
    return this.run(restoreStatements(this.truth.backup()), []);
  }

  backup(): { readonly rows: Backup; readonly lastIds: Readonly<Record<Table, number>> } {
    return { rows: this.truth.backup(), lastIds: { ...this.lastIds } };
  }

  /** Restores a backup while no reader reaches the database. Nova then assigns the ids after the backup again. */
  async restore({ rows, lastIds }: ReturnType<CloudCell['backup']>): Promise<void> {
    await this.settled();
    await this.relay.refuse();
    const changes = this.truth.changesTo(rows);
    await this.run(restoreStatements(rows), changes);
    this.lastIds = { ...lastIds };
    await this.relay.resume();
  }

  /** Waits until no transaction is open. */
  async settled(): Promise<void> {
    while (this.open.size > 0) await Promise.all(this.open);
  }

  /** Returns the rows of a table as the database has them, by ascending id. */
  async stored(table: Table, isShadow: boolean): Promise<Row[]> {
    const connection = await createConnection({ uri: this.url, dateStrings: true });
    const [rows] = await connection.query<(Row & RowDataPacket)[]>('SELECT * FROM ?? ORDER BY id', [
      `${isShadow ? 'shadow_' : ''}${table}`,
    ]);
    await connection.end();
    return rows.map((row) => ({ ...row }));
  }

  async close(): Promise<void> {
    await this.settled();
    await this.pool.end();
    this.relay.close();
  }

  private run(statements: readonly string[], changes: readonly Change[], held = 0): Promise<void> {
    const running = this.runNow(statements, changes, held);
    const open = running.finally(() => this.open.delete(open));
    this.open.add(open);
    return open;
  }

  private async runNow(
    statements: readonly string[],
    changes: readonly Change[],
    held: number,
  ): Promise<void> {
    const connection = await this.pool.getConnection();
    try {
      await connection.query(
        ['SET TRANSACTION ISOLATION LEVEL READ COMMITTED', 'BEGIN', ...statements].join(';'),
      );
      if (held > 0) await new Promise((resolve) => setTimeout(resolve, held));
      const sent = Date.now();
      await connection.query('COMMIT');
      this.truth.apply(changes, { sent, done: Date.now(), isLate: held > 0 });
    } finally {
      connection.release();
    }
  }
}

const NO_IDS: Readonly<Record<Table, number>> = {
  instances: 0,
  instance_extra: 0,
  instance_actions: 0,
  instance_actions_events: 0,
};

/** Returns the last change of each row: one transaction may change a row twice. */
function lastChanges(changes: readonly Change[]): Change[] {
  return [...new Map(changes.map((change) => [`${change.table} ${change.id}`, change])).values()];
}
