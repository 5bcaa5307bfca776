import { DataSource, type Logger } from 'typeorm';
import { ownStore } from './own-store.js';

/** A query that TypeORM sent to the service's own database. */
interface LoggedQuery {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** The service's own database, with a log of its queries. It returns the plans of these queries. */
export class PlannedStore {
  private constructor(
    readonly source: DataSource,
    private logged: LoggedQuery[],
  ) {}

  /** Opens an existing database, and updates the statistics that decide the plans. */
  static async open(url: string): Promise<PlannedStore> {
    const logged: LoggedQuery[] = [];
    const nothing = (): void => undefined;
    const logger: Logger = {
      logQuery: (sql, parameters) => void logged.push({ sql, parameters: (parameters ?? []) as unknown[] }),
      logQueryError: nothing,
      logQuerySlow: nothing,
      logSchemaBuild: nothing,
      logMigration: nothing,
      log: nothing,
    };
    const source = new DataSource({ ...ownStore(url).options, logging: ['query'], logger });
    await source.initialize();
    if (source.options.type === 'mysql') await source.query('ANALYZE TABLE migrations');
    return new PlannedStore(source, logged);
  }

  /**
   * Returns the plans of the queries of the table `migrations` since the last call. The plan of a table is a text with
   * the access type and the index, in the terms of the database. `all, by no index` means that the database reads the
   * whole table.
   */
  async plans(): Promise<string[]> {
    const queries = this.logged.filter(({ sql }) => /^SELECT .* FROM [`"]?migrations/s.test(sql));
    const plans: string[] = [];
    for (const { sql, parameters } of queries) plans.push(...(await this.planOf(sql, [...parameters])));
    this.logged.length = 0;
    return plans;
  }

  private async planOf(sql: string, parameters: unknown[]): Promise<string[]> {
    if (this.source.options.type === 'mysql') {
      const rows: { type: string; key: string | null }[] = await this.source.query(
        `EXPLAIN ${sql}`,
        parameters,
      );
      return rows.map(({ type, key }) => (key === null ? 'all, by no index' : `${type} ${key}`));
    }
    const rows: { detail: string }[] = await this.source.query(`EXPLAIN QUERY PLAN ${sql}`, parameters);
    const steps = rows.map(({ detail }) => detail).filter((detail) => /^(SCAN|SEARCH)/.test(detail));
    return steps.map((detail) => (detail.includes(' USING ') ? detail : 'all, by no index'));
  }
}
