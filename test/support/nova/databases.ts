import { randomUUID } from 'node:crypto';
import { type Connection, createConnection } from 'mysql2/promise';
import type { FixtureRow } from '../../conformance/cases.js';
import type { MariaDbServer } from '../databases/mariadb.js';
import {
  accountOf,
  createLogin,
  type DatabaseNames,
  dropLogin,
  type Login,
  newLogin,
  ownerGrants,
  readerGrants,
  recorderGrants,
} from './logins.js';
import { type CellTable, createNovaTables, novaTables, type ShadowTable, shadowTables } from './tables.js';

const CELLS = ['cell0', 'cell1', 'cell2'] as const;
const CELL_TABLES = [...novaTables.cell, ...shadowTables];
const CELL0_UUID = '00000000-0000-0000-0000-000000000000';

/** The name of a cell in the table `cell_mappings`. */
export type CellName = (typeof CELLS)[number];
export type DatabaseName = 'nova_api' | CellName;

export interface NovaDatabasesOptions {
  /** The cells whose `database_connection` is a template, which Nova fills in from `[database] connection`. */
  readonly templates?: readonly CellName[];
  /**
   * The database account in the `database_connection` of the cells. In a real deployment it is Nova's own account
   * (owner). With `recorder`, `apiUrl` has this account, too.
   */
  readonly connectAs?: 'reader' | 'recorder' | 'owner';
}

/**
 * Rows by table, in the format of fixture.json. `cell` names the cell of a row; times are `YYYY-MM-DD HH:MM:SS` in UTC.
 */
export type NovaRows = Partial<
  Readonly<Record<CellTable | ShadowTable | 'instance_mappings', readonly FixtureRow[]>>
>;

/** A cell in the table `cell_mappings`. */
export interface NovaCell {
  readonly id: number;
  readonly uuid: string;
  /** The name of the cell's database in MariaDB. */
  readonly database: string;
  /** The URL of the cell's database in the same format as `apiUrl`, even if `cell_mappings` contains a template. */
  readonly url: string;
}

/** The databases of a Nova deployment with cell0 and two further cells. No Nova process uses them. */
export interface NovaDatabases {
  /** The URL of the API database with the account `reader` or `recorder`: `mysql+pymysql://…/nova_api_…?charset=utf8`. */
  readonly apiUrl: string;
  readonly cells: Readonly<Record<CellName, NovaCell>>;
  /** A database account that may read only the tables that the service needs. */
  readonly reader: Login;
  /** A database account that may read only the tables that the recorder needs. */
  readonly recorder: Login;
  /** A database account with all privileges on these databases, such as Nova's own account. */
  readonly owner: Login;
  /** The GRANT statements that give the account `reader` its privileges. */
  readonly grants: readonly string[];
  /** The GRANT statements that give the account `recorder` its privileges. */
  readonly recorderGrants: readonly string[];
  /**
   * Returns the URL of a database with the administrator's account: `mysql://user:password@127.0.0.1:port/database`.
   */
  adminUrl(database: DatabaseName): string;
  /** Inserts rows. For a row of `instance_mappings`, `cell` names the cell to which it maps the server. */
  fill(rows: NovaRows): Promise<void>;
  /** Drops the databases and the accounts. */
  remove(): Promise<void>;
}

/** Creates databases with Nova's tables. All tables except `cell_mappings` are empty. */
export async function createNovaDatabases(
  server: MariaDbServer,
  options: NovaDatabasesOptions = {},
): Promise<NovaDatabases> {
  const deployment = new Deployment(server, options);
  try {
    await deployment.create();
    return deployment;
  } catch (error) {
    await deployment.remove();
    throw error;
  }
}

class Deployment implements NovaDatabases {
  readonly reader = newLogin('reader');
  readonly recorder = newLogin('recorder');
  readonly owner = newLogin('nova');
  private readonly urls = new Map<DatabaseName, string>();
  private readonly uuids = { cell0: CELL0_UUID, cell1: randomUUID(), cell2: randomUUID() };

  constructor(
    private readonly server: MariaDbServer,
    private readonly options: NovaDatabasesOptions,
  ) {}

  get apiUrl(): string {
    const { connectAs } = this.options;
    return this.connectionUrl('nova_api', connectAs === 'recorder' ? this.recorder : this.reader);
  }

  get cells(): Readonly<Record<CellName, NovaCell>> {
    return { cell0: this.cell('cell0'), cell1: this.cell('cell1'), cell2: this.cell('cell2') };
  }

  get grants(): readonly string[] {
    return readerGrants(this.names, accountOf(this.reader));
  }

  get recorderGrants(): readonly string[] {
    return recorderGrants(this.names, accountOf(this.recorder));
  }

  adminUrl(database: DatabaseName): string {
    const url = this.urls.get(database);
    if (url === undefined) throw new Error(`there is no database ${database}`);
    return url;
  }

  async create(): Promise<void> {
    this.urls.set('nova_api', await this.server.createDatabase('nova_api'));
    await this.using('nova_api', (connection) => createNovaTables(connection, 'api'));
    for (const cell of CELLS) {
      this.urls.set(cell, await this.server.createDatabase(`nova_${cell}`));
      await this.using(cell, (connection) => createNovaTables(connection, 'cell'));
    }
    await this.using('nova_api', async (connection) => {
      await createLogin(connection, this.reader, this.grants);
      await createLogin(connection, this.recorder, this.recorderGrants);
      await createLogin(connection, this.owner, ownerGrants(this.names, accountOf(this.owner)));
      await insertRows(connection, 'cell_mappings', this.cellMappings(this.options));
    });
  }

  async fill(rows: NovaRows): Promise<void> {
    for (const table of ['instance_mappings', ...CELL_TABLES] as const) {
      const misplaced = rows[table]?.find(({ cell }) => !CELLS.some((name) => name === cell));
      if (misplaced) throw new Error(`a row of ${table} is in an unknown cell: ${misplaced.cell}`);
    }
    for (const cell of CELLS) {
      await this.using(cell, async (connection) => {
        for (const table of CELL_TABLES) {
          await insertRows(connection, table, rowsIn(cell, rows[table] ?? []));
        }
      });
    }
    const deleted = new Set(rows.instances?.filter((row) => row.deleted !== 0).map((row) => row.uuid));
    const mappings = CELLS.flatMap((cell) =>
      rowsIn(cell, rows.instance_mappings ?? []).map((row) => ({
        ...row,
        cell_id: this.cells[cell].id,
        queued_for_delete: Number(deleted.has(row.instance_uuid ?? null)),
      })),
    );
    await this.using('nova_api', (connection) => insertRows(connection, 'instance_mappings', mappings));
  }

  async remove(): Promise<void> {
    const connection = await createConnection(this.server.url(''));
    try {
      for (const login of [this.reader, this.recorder, this.owner]) await dropLogin(connection, login);
    } finally {
      await connection.end();
    }
    for (const url of this.urls.values()) await this.server.dropDatabase(url);
  }

  private get names(): DatabaseNames {
    return { api: this.nameOf('nova_api'), cells: CELLS.map((cell) => this.nameOf(cell)) };
  }

  private nameOf(database: DatabaseName): string {
    return new URL(this.adminUrl(database)).pathname.slice(1);
  }

  private cell(name: CellName): NovaCell {
    return {
      id: CELLS.indexOf(name) + 1,
      uuid: this.uuids[name],
      database: this.nameOf(name),
      url: this.connectionUrl(name, this.options.connectAs === 'recorder' ? this.recorder : this.reader),
    };
  }

  private cellMappings({ templates = [], connectAs = 'reader' }: NovaDatabasesOptions): Row[] {
    return CELLS.map((cell) => ({
      id: this.cells[cell].id,
      uuid: this.cells[cell].uuid,
      name: cell,
      transport_url: cell === 'cell0' ? 'none:///' : 'rabbit://openstack:secret@127.0.0.1:5672/',
      database_connection: templates.includes(cell)
        ? `{scheme}://{username}:{password}@{hostname}:{port}/${this.nameOf(cell)}?{query}`
        : this.connectionUrl(cell, this[connectAs]),
      disabled: 0,
      created_at: '2026-01-01 00:00:00',
    }));
  }

  private connectionUrl(database: DatabaseName, { username, password }: Login): string {
    const { hostname, port } = new URL(this.adminUrl(database));
    const login = `${username}:${encodeURIComponent(password)}`;
    const address = `${hostname}:${port === '' ? '3306' : port}`;
    return `mysql+pymysql://${login}@${address}/${this.nameOf(database)}?charset=utf8`;
  }

  private async using(
    database: DatabaseName,
    work: (connection: Connection) => Promise<void>,
  ): Promise<void> {
    const connection = await createConnection(this.adminUrl(database));
    try {
      await work(connection);
    } finally {
      await connection.end();
    }
  }
}

type Row = Readonly<Record<string, string | number | null>>;

function rowsIn(cell: CellName, rows: readonly FixtureRow[]): readonly FixtureRow[] {
  return rows.filter((row) => row.cell === cell);
}

async function insertRows(connection: Connection, table: string, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const columns = new Set(rows.flatMap((row) => Object.keys(row)));
  // The field `cell` names the database of a row. Nova has no such column.
  columns.delete('cell');
  const values = rows.map((row) => [...columns].map((column) => row[column] ?? null));
  await connection.query('INSERT INTO ?? (??) VALUES ?', [table, [...columns], values]);
}
