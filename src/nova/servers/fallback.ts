import { topic } from '../../common/topic.js';
import type { CopiedCell, CopiedState } from '../../database/cells/copied-cell.js';
import { type Database, DatabaseUnavailable } from '../../database/connection/database.js';

/** The header of responses that contain rows of the copy. */
export const COPY_HEADER = 'Action-Log-Source';

/** A query for rows in one of the databases that may contain them. */
export type RowQuery<Row> = (database: Database, deadline: number) => Promise<Row[]>;

/**
 * The reason why a request uses the copy:
 * - `absent`: Nova no longer has the server or the action.
 * - `unreachable`: a database of Nova does not respond.
 * - `failed`: the request needed the copy, but the copy could not be read.
 */
export type CopyReason = 'absent' | 'unreachable' | 'failed';

/**
 * The topic of requests that use the copy. If neither Nova nor the copy has the server or the action, the service
 * publishes nothing.
 */
export const copyUses = topic<CopyReason>('copy-use');

/**
 * The share of the time of a request in which Nova's databases must respond. It is longer than the time after which the
 * service probes a silent database. The copy has the rest of the time.
 */
const NOVA_SHARE = 0.7;

/** The copy of Nova's rows as a fallback in one request: the service reads it if Nova fails or lacks rows. */
export class Fallback {
  /** The deadline of queries to Nova's databases. */
  readonly novaDeadline: number;
  private used: CopiedState | undefined;
  private hasNovaRows = false;

  /** @param deadline the deadline of all queries of the request, from `answerDeadline()` */
  constructor(
    readonly copy: CopiedCell,
    private readonly deadline: number,
  ) {
    const now = performance.now();
    this.novaDeadline = copy.database.isUp() ? now + (deadline - now) * NOVA_SHARE : deadline;
  }

  /** The state of the copy, if the request uses rows of it. */
  get state(): CopiedState | undefined {
    return this.used;
  }

  /** Returns the rows of a query on the copy; undefined if the copy does not respond. */
  rows<Row>(query: RowQuery<Row>): Promise<Row[] | undefined> {
    return this.attempt(() => query(this.copy.database, this.deadline));
  }

  /** Marks that the request uses the copy of a server: all further queries go to the copy. */
  async use(uuid: string, reason: CopyReason): Promise<void> {
    this.accept(await this.stateOf(uuid), reason);
  }

  /**
   * Runs a query on the database of the server's cell. If this database does not respond, and the copy contains the
   * server, runs the query on the copy.
   *
   * The service does not change over to the copy after the cell has returned rows in the same request, because the
   * copy has other ids: a page could not begin after a row of the cell.
   *
   * @throws DatabaseUnavailable
   */
  async read<Row>(uuid: string, cell: Database, query: RowQuery<Row>): Promise<Row[]> {
    if (this.used !== undefined) return query(this.copy.database, this.deadline);
    try {
      const rows = await query(cell, this.novaDeadline);
      this.hasNovaRows = true;
      return rows;
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || this.hasNovaRows) throw error;
      const rows = await this.rows(query);
      const state = rows && (await this.stateOf(uuid));
      // Without any rows, the copy answers only if it contains the server.
      if (rows === undefined || (rows.length === 0 && state === undefined)) throw error;
      this.accept(state, 'unreachable');
      return rows;
    }
  }

  /** Returns the rows of a query on the copy, after Nova has returned none. */
  async readAbsent<Row>(uuid: string, query: RowQuery<Row>): Promise<Row[]> {
    if (this.used !== undefined) return [];
    const rows = (await this.rows(query)) ?? [];
    if (rows.length > 0) await this.use(uuid, 'absent');
    return rows;
  }

  private stateOf(uuid: string): Promise<CopiedState | undefined> {
    return this.attempt(() => this.copy.stateOf(uuid, this.deadline));
  }

  private accept(state: CopiedState | undefined, reason: CopyReason): void {
    this.used = state ?? { asOf: null };
    copyUses.publish(reason);
  }

  /** Returns undefined if the copy does not respond. */
  private async attempt<Result>(query: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await query();
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      this.copy.report(error);
      copyUses.publish('failed');
      return undefined;
    }
  }
}
