import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { MariaDbServer } from './mariadb.js';
import type { Statement } from './statement-log.js';

/** One row of the plan of a statement: how MariaDB reads one table. */
export interface PlanStep {
  readonly sql: string;
  /** The name of the table, also if the statement uses an alias. */
  readonly table: string;
  /** `const`, `ref`, `range`…; `ALL` reads the whole table and `index` a whole index. */
  readonly type: string;
  readonly key: string | null;
  /** The estimated number of rows that MariaDB reads. */
  readonly rows: number;
  /** The estimated number of rows of the table. */
  readonly of: number;
}

/** The limits that plans must respect. */
export interface PlanLimits {
  /** Tables that are small in every deployment, so that a statement may read them completely. */
  readonly small?: readonly string[];
  /**
   * The maximum share of a table that a step may read, by MariaDB's estimate; by default 0.25. It finds an index that
   * does not help because most rows have the same value: MariaDB's estimate for it is at most half of the table.
   */
  readonly share?: number;
}

/** The number of rows that a step may always read, whatever its share of the table. */
const FEW_ROWS = 100;

/** The parts before a query that EXPLAIN does not accept. */
const PREFIX = /^(\s|\/\*.*?\*\/|SET STATEMENT .*? FOR )+/is;

/** Statements of drivers and pools, which read no table. */
const SESSION_STATEMENT = /^(SET|START TRANSACTION|BEGIN|COMMIT|ROLLBACK)\b/i;

/**
 * Runs EXPLAIN for each statement.
 *
 * @returns the steps of all plans; a statement that reads no table has no step
 * @throws Error that names all statements that read too much of a table or are not queries
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
    // Names such as `<derived2>` are results of other steps, not tables of the database.
    if (row.table === null || row.table.startsWith('<')) return [];
    const table = nameOf.get(row.table) ?? row.table;
    const of = totals.get(table) ?? 0;
    return [{ sql, table, type: row.type ?? '', key: row.key, rows: Number(row.rows), of }];
  });
}

/** Returns the table names by alias, for the statement whose plan was just made. */
async function tableNames(connection: Connection): Promise<ReadonlyMap<string, string>> {
  // EXPLAIN EXTENDED leaves the parsed statement as a warning: each table with its database and alias.
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
