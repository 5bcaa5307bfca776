import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { PrivateMariaDb } from './mariadb.js';

/** A statement as MariaDB received it. Its text contains the values, even if it is a prepared statement. */
export interface Statement {
  /** The current database of the connection that sent the statement. */
  readonly database: string;
  readonly sql: string;
}

interface LogRow extends RowDataPacket {
  readonly user_host: string;
  readonly thread_id: number;
  readonly command_type: string;
  readonly argument: string;
}

/**
 * The statements of one database account or of all accounts, from MariaDB's general log. The log contains every
 * statement, whatever code sent it.
 */
export class StatementLog {
  private readonly databases = new Map<number, string>();
  private read = 0;

  private constructor(
    private readonly connection: Connection,
    private readonly username: string | undefined,
  ) {
    // The log does not contain the start of its own connection.
    this.databases.set(connection.threadId, 'mysql');
  }

  /**
   * Starts the log. Call this before the account opens its first connection.
   *
   * @param username undefined for all accounts
   */
  static async start(server: PrivateMariaDb, username?: string): Promise<StatementLog> {
    const connection = await createConnection(server.url('mysql'));
    await connection.query("SET GLOBAL log_output = 'TABLE'");
    await connection.query('SET GLOBAL general_log = ON');
    return new StatementLog(connection, username);
  }

  /**
   * Returns the statements since the last call. They include those of the database driver and each execution of a
   * prepared statement.
   */
  async readNew(): Promise<Statement[]> {
    // The table general_log has no index. It returns its rows in the order of insertion, so OFFSET skips those already
    // read.
    const [rows] = await this.connection.query<LogRow[]>(
      'SELECT user_host, thread_id, command_type, argument FROM general_log LIMIT 18446744073709551615 OFFSET ?',
      [this.read],
    );
    this.read += rows.length;
    return rows.flatMap((row) => this.statementIn(row));
  }

  async stop(): Promise<void> {
    await this.connection.query('SET GLOBAL general_log = OFF');
    await this.connection.end();
  }

  private statementIn({ user_host, thread_id, command_type, argument }: LogRow): Statement[] {
    if (command_type === 'Connect' || command_type === 'Change user') {
      this.databases.set(thread_id, / on (\S*) using /.exec(argument)?.[1] ?? '');
    } else if (command_type === 'Init DB') {
      this.databases.set(thread_id, argument);
    } else if (
      (this.username === undefined || user_host.startsWith(`${this.username}[`)) &&
      (command_type === 'Query' || command_type === 'Execute')
    ) {
      const database = this.databases.get(thread_id);
      if (database === undefined) throw new Error(`${user_host} was connected before the log was started`);
      return [{ database, sql: argument }];
    }
    return [];
  }
}
