import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { MariaDbServer } from './mariadb.js';
import type { Statement } from './statement-log.js';

/** One row of the result of EXPLAIN. It describes how MariaDB reads one table for a statement. */
export interface PlanStep {
  readonly sql: string;
  /** The real name of the table, even if the statement uses an alias. */
  readonly table: string;
  /**
   * The access type in MariaDB's terms. For example, `ref` reads some rows by an index, `index` reads a whole index,
   * and `ALL` reads the whole table.
   */
  readonly type: string;
  readonly key: string | null;
  /** MariaDB's estimate of the number of rows that it reads. */
  readonly rows: number;
  /** MariaDB's estimate of the number of rows in the table. */
  readonly of: number;
}

/** The limits for what a plan may read. */
export interface PlanLimits {
  /** Tables that are small in every deployment. A statement may read them completely. */
  readonly small?: readonly string[];
  /**
   * The maximum share of a table that a statement may read, according to MariaDB's estimate; by default 0.25. An index
   * does not help if most rows have the same value in it. MariaDB then estimates that the statement reads up to half of
   * the table.
   */
  readonly share?: number;
}

/** The number of rows that a statement may read from any table, even if the table has no more rows. */
const FEW_ROWS = 100;

/** The start of a statement that EXPLAIN does not accept: comments, and `SET STATEMENT … FOR`. */
const PREFIX = /^(\s|\/\*.*?\*\/|SET STATEMENT .*? FOR )+/is;

/** Statements that database drivers and connection pools send. They read no table. */
const SESSION_STATEMENT = /^(SET|START TRANSACTION|BEGIN|COMMIT|ROLLBACK)\b/i;

/**
 * A statement that reads one table in the order of its primary key, from an id on. It ends after the number of rows in
 * its LIMIT. The estimate of EXPLAIN ignores the LIMIT.
 */
const PAGE_BY_ID = /^SELECT [\w., ]+ FROM \w+ t\s+WHERE t\.id >= \d+ ORDER BY t\.id LIMIT (\d+)$/;

/**
 * Runs EXPLAIN for each statement.
 *
 * @returns one step for each table that a statement reads
 * @throws Error with all statements that read too much of a table or that are not queries
 */
export async function explainStatements(
  server: MariaDbServer,
  statements: readonly (Statement & { readonly parameters?: readonly unknown[] })[],
  limits: PlanLimits = {},
): Promise<PlanStep[]> {
  const steps: PlanStep[] = [];
  const faults: string[] = [];
  for (const { database, sql: sent, parameters = [] } of statements) {
    const sql = sent.replace(PREFIX, '');
    if (SESSION_STATEMENT.test(sql)) continue;
    if (!/^[(\s]*(SELECT|WITH)\b/i.test(sql)) {
      faults.push(`is not a query: ${sql}`);
      continue;
    }
    const connection = await createConnection(server.url(database));
    try {
      const plan = await planOf(connection, sql, parameters);
      steps.push(...plan);
      faults.push(...plan.flatMap((step) => faultOf(step, limits)));
    } finally {
      await connection.end();
    }
  }
  if (faults.length > 0)
    throw new Error(`statements that must not run on Nova's databases:\n- ${faults.join('\n- ')}`);
  return steps;
}

interface ExplainRow extends RowDataPacket {
  readonly table: string | null;
  readonly type: string | null;
  readonly key: string | null;
  readonly rows: string | number | null;
}

interface WarningRow extends RowDataPacket {
  readonly Message: string;
}

interface TableRow extends RowDataPacket {
  readonly name: string;
  readonly total: number | null;
}

async function planOf(
  connection: Connection,
  sql: string,
  parameters: readonly unknown[],
): Promise<PlanStep[]> {
  const [rows] = await connection.query<ExplainRow[]>(`EXPLAIN EXTENDED ${sql}`, [...parameters]);
  const nameOf = await tableNames(connection);
  const [tables] = await connection.query<TableRow[]>(
    'SELECT TABLE_NAME AS name, TABLE_ROWS AS total FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()',
  );
  const totals = new Map(tables.map(({ name, total }) => [name, Number(total)]));
  return rows.flatMap((row) => {
    // A name such as `<derived2>` is the result of another step of the plan, not a table of the database.
    if (row.table === null || row.table.startsWith('<')) return [];
    const table = nameOf.get(row.table) ?? row.table;
    const of = totals.get(table) ?? 0;
    const limit = Number(PAGE_BY_ID.exec(sql)?.[1] ?? Infinity);
    return [{ sql, table, type: row.type ?? '', key: row.key, rows: Math.min(Number(row.rows), limit), of }];
  });
}

/** Returns the real table names by alias. Call this directly after EXPLAIN EXTENDED. */
async function tableNames(connection: Connection): Promise<ReadonlyMap<string, string>> {
  // EXPLAIN EXTENDED makes a warning with the parsed statement, which contains the database and the alias of each
  // table.
  const [notes] = await connection.query<WarningRow[]>('SHOW WARNINGS');
  const parsed = notes.map(({ Message }) => Message).join('\n');
  const found = parsed.matchAll(/(?<!\.)`\w+`\.`(\w+)`(?!\.)(?: `(\w+)`)?/g);
  return new Map([...found].map(([, table = '', alias = table]) => [alias, table]));
}

function faultOf(
  { sql, table, type, key, rows, of }: PlanStep,
  { small = [], share = 0.25 }: PlanLimits,
): string[] {
  if (small.includes(table)) return [];
  const how = `(type ${type}, ${key === null ? 'without an index' : `by the index ${key}`}, about ${rows} of ${of} rows)`;
  if (type === 'ALL' || type === 'index') return [`reads all of ${table} ${how}: ${sql}`];
  if (rows > Math.max(FEW_ROWS, share * of)) return [`reads a large part of ${table} ${how}: ${sql}`];
  return [];
}
