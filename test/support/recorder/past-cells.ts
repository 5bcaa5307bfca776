import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { RecordedCell } from '../../../src/database/cells/cells.js';
import { NovaCells } from '../../../src/database/cells/nova-cells.js';
import type { Database } from '../../../src/database/connection/database.js';
import { answerDeadline } from '../../../src/database/connection/time-limits.js';
import { OwnStore } from '../../../src/database/own-store/own-store.js';
import { numberFor, readStates } from '../../../src/ledger/cells/cell-states.js';
import type { Entry, EntryKind } from '../../../src/ledger/record/entry.js';
import { entriesAfter } from '../../../src/ledger/record/record.js';
import { StoreRecordWriter } from '../../../src/ledger/writer/record-writer.js';
import { CellContext } from '../../../src/recorder/cell-context.js';
import { checkIds } from '../../../src/recorder/past/epochs.js';
import { beginOrResume } from '../../../src/recorder/past/begin-or-resume.js';
import { PastWork } from '../../../src/recorder/past/past-work.js';
import { RECORDER_TIMES, type RecorderTimes } from '../../../src/recorder/recorder-times.js';
import { DatabaseCellReader } from '../../../src/recorder/source/database-cell-reader.js';
import { mariaDb, type MariaDbServer } from '../databases/mariadb.js';
import { TABLES } from '../databases/own-store.js';
import { type CellName, createNovaDatabases, type NovaDatabases } from '../nova/databases.js';
import { until } from '../time/until.js';

type Row = Readonly<Record<string, unknown>>;

/**
 * The times of the tests: the recorder reads the past without pauses, and compares all rows only on demand. The rows of
 * the tests are months old, and count as young.
 */
const TIMES: RecorderTimes = {
  ...{ ...RECORDER_TIMES, interval: 20, pastShare: 500 },
  ...{ interruption: 0, rewindAfter: 0, settledAge: 1e12 },
};

/** Nova's databases, a store, and the parts of the recorder that copy the past. */
export class PastCells {
  private readonly connections = new Map<CellName, Promise<Connection>>();

  private constructor(
    private readonly server: MariaDbServer,
    readonly nova: NovaDatabases,
    private readonly cells: NovaCells,
    private readonly own: OwnStore,
    private readonly storeUrl: string,
  ) {}

  static async create(server?: MariaDbServer): Promise<PastCells> {
    server ??= await mariaDb();
    const nova = await createNovaDatabases(server, { connectAs: 'recorder' });
    const cells = await NovaCells.open({ NOVA_API_DATABASE_URL: nova.apiUrl }, TABLES, { maxConnections: 2 });
    const storeUrl = await server.createDatabase('record');
    const own = await OwnStore.open({ DATABASE_URL: storeUrl, MIGRATE_ON_START: true }, TABLES);
    return new PastCells(server, nova, cells, own, storeUrl);
  }

  get store(): Database {
    return this.own.database;
  }

  /** Deletes all rows of the cells and of the store. */
  async reset(): Promise<void> {
    const tables = ['instance_actions_events', 'instance_actions', 'instance_extra', 'instances'];
    for (const cell of this.connections.keys()) {
      // The ids of the next rows start from 1 again. DELETE is faster than TRUNCATE.
      const deletions = tables.flatMap((table) => [
        ...[`DELETE FROM shadow_${table}`, `DELETE FROM ${table}`, `ALTER TABLE ${table} AUTO_INCREMENT = 1`],
      ]);
      await this.change(cell, 'SET FOREIGN_KEY_CHECKS = 0', ...deletions, 'SET FOREIGN_KEY_CHECKS = 1');
    }
    await this.store.write(async (manager) => {
      const [copied, state] = [
        ['instances', 'instance_actions', 'instance_actions_events'],
        ['cells', 'ranges', 'chunks'],
      ];
      const names = [...copied.map((name) => `copied_${name}`), ...state.map((name) => `record_${name}`)];
      for (const name of [...names, 'record_gaps', 'record_epochs', 'entries'])
        await manager.query(`DELETE FROM ${name}`);
      await manager.query('UPDATE record_head SET position = 0');
    });
  }

  /** Changes a database of a cell as Nova does. */
  async change(
    cell: CellName,
    ...statements: (string | readonly [sql: string, values: unknown[]])[]
  ): Promise<void> {
    const connection = await this.connect(cell);
    for (const statement of statements) {
      const [sql, values] = typeof statement === 'string' ? [statement, []] : statement;
      await connection.query(sql, values);
    }
  }

  /** Selects rows of a database of a cell. */
  async queryCell(cell: CellName, sql: string): Promise<Row[]> {
    const [rows] = await (await this.connect(cell)).query<(Row & RowDataPacket)[]>(sql);
    return rows;
  }

  /** Moves the rows of a server to the shadow tables, as `nova-manage db archive_deleted_rows` does. */
  async archive(cell: CellName, uuid: string): Promise<void> {
    const events = 'SELECT id FROM instance_actions WHERE instance_uuid = ?';
    const copy = (table: string, where: string): readonly [string, unknown[]] => [
      `INSERT INTO shadow_${table} SELECT * FROM ${table} WHERE ${where}`,
      [uuid],
    ];
    const remove = (table: string, where: string): readonly [string, unknown[]] => [
      `DELETE FROM ${table} WHERE ${where}`,
      [uuid],
    ];
    await this.change(
      cell,
      'START TRANSACTION',
      copy('instance_actions_events', `action_id IN (${events})`),
      copy('instance_actions', 'instance_uuid = ?'),
      copy('instance_extra', 'instance_uuid = ?'),
      copy('instances', 'uuid = ?'),
      remove('instance_extra', 'instance_uuid = ?'),
      remove('instance_actions_events', `action_id IN (${events})`),
      remove('instance_actions', 'instance_uuid = ?'),
      remove('instances', 'uuid = ?'),
      'COMMIT',
    );
  }

  /** Returns the memory of a recorder that has just acquired the lease, from the state in the store. */
  async context(name: CellName, times: Partial<RecorderTimes> = {}): Promise<CellContext> {
    const cells = await this.cells.list(answerDeadline());
    const cell = cells.find((one) => one.name === name) as RecordedCell;
    const number = await this.store.write((manager) => numberFor(manager, cell));
    const states = await this.store.read(answerDeadline(), readStates);
    const state = states.find((one) => one.number === number);
    if (state === undefined) throw new Error(`no state of ${name}`);
    const writer = new StoreRecordWriter(this.store, { fence: () => Promise.resolve() }, number);
    return new CellContext(
      {
        ...{ cell: { ...cell, number }, reader: new DatabaseCellReader(cell.database), writer },
        ...{ store: this.store, times: { ...TIMES, ...times } },
      },
      state,
    );
  }

  /** Records a cell until the past is copied, and compared with Nova. @returns the new entries */
  async record(name: CellName, times: Partial<RecorderTimes> = {}): Promise<Entry[]> {
    const before = (await this.entries()).at(-1)?.position ?? 0;
    let context = await this.context(name, times);
    if (await checkIds(context)) context = await this.context(name, times);
    await beginOrResume(context);
    // The comparison is due once.
    await context.exclusive(() => context.write({ entries: [], state: { reconciledAt: null } }));
    await this.work(context);
    return (await this.entries()).filter(({ position }) => position > before);
  }

  /**
   * Copies the pending ranges of a cell, and compares the copy with Nova once.
   *
   * @param limit the maximum number of rows of a snapshot
   */
  async work(context: CellContext, limit?: number): Promise<void> {
    const end = new AbortController();
    const work = new PastWork(context, limit).run(end.signal);
    let hasFailed = false;
    work.catch(() => {
      hasFailed = true;
    });
    await until(() => hasFailed || context.state.reconciledAt !== null, 'the copy is compared with Nova');
    end.abort();
    await work;
  }

  async entries(...kinds: EntryKind[]): Promise<Entry[]> {
    const entries = await this.store.read(answerDeadline(), (source) => entriesAfter(source, 0, 100_000));
    return kinds.length === 0 ? entries : entries.filter(({ kind }) => kinds.includes(kind));
  }

  /** Counts the rows of a SELECT on the store. */
  async count(sql: string): Promise<number> {
    const [row] = await this.stored(`SELECT COUNT(*) AS n FROM (${sql}) selected`);
    return Number(row?.['n']);
  }

  /** Selects rows of the store. */
  async stored(sql: string, ...values: unknown[]): Promise<Row[]> {
    return this.store.read(answerDeadline(), (source) => source.query<Row[]>(sql, values));
  }

  async close(): Promise<void> {
    for (const connection of this.connections.values()) await (await connection).end();
    await this.own.close();
    await this.cells.close();
    await this.nova.remove();
    await this.server.dropDatabase(this.storeUrl);
  }

  private connect(cell: CellName): Promise<Connection> {
    const known = this.connections.get(cell) ?? createConnection(this.nova.adminUrl(cell));
    this.connections.set(cell, known);
    return known;
  }
}
