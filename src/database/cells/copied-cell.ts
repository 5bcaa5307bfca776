import { Logger } from '@nestjs/common';
import { errorText } from '../../common/error-text.js';
import { throttle } from '../../common/throttle.js';
import { parseDatabaseUrl } from '../../config/addresses/database-url.js';
import { copyFile, copyOnHost } from '../connection/data-source.js';
import { DatabaseHost } from '../connection/database-host.js';
import type { DatabaseGroup, DatabaseHealth } from '../connection/database-states.js';
import { Database, type DatabaseUnavailable } from '../connection/database.js';
import { mysqlDatabase } from '../connection/mysql-database.js';
import { timeLimits } from '../connection/time-limits.js';
import type { RawTime } from '../rows/time.js';
import type { Tables } from '../tables/module-with-tables.js';

/** The state of the copy of a server's rows. */
export interface CopiedState {
  /**
   * The start of the last reading of the server's cell. Older changes are in the copy. Null if unknown, or if the
   * recorder has not yet copied all older rows of the cell.
   */
  readonly asOf: RawTime | null;
}

/**
 * The query for the state of the copy of a server. The recorder writes all tables. `record_ranges` has the ranges of
 * ids that the recorder has not copied yet. The query ignores the stage `gaps`, in which the recorder only counts ids.
 */
const STATE = `SELECT CASE WHEN EXISTS (
    SELECT 1 FROM record_ranges past WHERE past.cell = server.cell AND past.stage <> 'gaps'
  ) THEN NULL ELSE cell.read_at END AS read_at
  FROM copied_instances server LEFT JOIN record_cells cell ON cell.number = server.cell WHERE server.uuid = ?`;

/** The query of health checks. It fails if the database lacks the tables of the copy. */
const PROBE = 'SELECT id FROM copied_instances LIMIT 1';

/** The minimum time between two log lines about a copy that cannot be read, in milliseconds. */
const LOG_INTERVAL = 60_000;

/**
 * The copy of Nova's rows in the service's own database. It has the tables of one of Nova's cells, with the rows of all
 * cells. The service only reads it. If the service cannot read the copy, it responds as it would without a copy.
 */
export class CopiedCell implements DatabaseGroup {
  /** Writes an error of a query on the copy to the log. */
  readonly report = throttle((times, { cause }: DatabaseUnavailable) => {
    this.log.error(`the copy of Nova's rows cannot be read (${times} times): ${errorText(cause)}`);
  }, LOG_INTERVAL);

  private constructor(
    readonly database: Database,
    private readonly log: Logger,
  ) {}

  /**
   * Returns the copy, without a connection: the first query connects. If the address is invalid, for example because a
   * certificate file is missing, the copy is always down.
   *
   * @param url the setting DATABASE_URL
   */
  static open(url: string, tables: Tables): CopiedCell {
    const log = new Logger(CopiedCell.name);
    try {
      return new CopiedCell(databaseAt(url, tables), log);
    } catch (error) {
      log.error(`DATABASE_URL: the copy of Nova's rows cannot be used: ${errorText(error)}`);
      return new CopiedCell(new Database(NAME, ID, []), log);
    }
  }

  /**
   * Returns the state of the copy of a server, or undefined if the copy does not contain the server.
   *
   * @param deadline from `answerDeadline()`
   * @throws DatabaseUnavailable
   */
  async stateOf(uuid: string, deadline: number): Promise<CopiedState | undefined> {
    const [row] = await this.database.read(deadline, (source) =>
      source.query<{ read_at: RawTime | null }[]>(STATE, [uuid]),
    );
    return row && { asOf: row.read_at };
  }

  /** The service needs the copy only for some requests, and can answer these even if Nova's databases are down. */
  async health(): Promise<DatabaseHealth> {
    const deadline = performance.now() + timeLimits().cellList;
    const isUp = await this.database
      .read(deadline, (source) => source.query(PROBE))
      .then(
        () => true,
        () => false,
      );
    return { databases: [{ name: ID, isUp }], isUsable: isUp };
  }

  databases(): readonly Database[] {
    return [this.database];
  }

  close(): Promise<void> {
    return this.database.close();
  }
}

/** The name of the copy in the log, and its identifier in metrics and health checks. */
const NAME = 'the copy';
const ID = 'copy';

function databaseAt(url: string, tables: Tables): Database {
  const address = parseDatabaseUrl(url);
  return address.kind === 'mysql'
    ? mysqlDatabase(NAME, ID, address, copyOnHost(tables))
    : new Database(NAME, ID, [new DatabaseHost(NAME, { open: () => copyFile(address.path, tables) })]);
}
