import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { MariaDbServer } from './mariadb.js';
import type { Statement } from './statement-log.js';

/** How one table is read for a statement, as MariaDB plans it. */
export interface PlanStep {
  readonly sql: string;
  /** Its name, however the statement calls it. */
  readonly table: string;
  /** `const`, `ref`, `range`…; `ALL` and `index` are the whole table and a whole index of it. */
  readonly type: string;
  readonly key: string | null;
  /** An estimate. */
  readonly rows: number;
  /** How many rows the table has, by another estimate. */
  readonly of: number;
}

/** What plans may be like. */
export interface PlanLimits {
  /** Tables that stay small in any deployment, and may be read as a whole. */
  readonly small?: readonly string[];
  /**
   * Which part of a table a step may touch by the estimate; a quarter if absent. Where all rows have one value in a
   * key, it leads to the whole table too. MariaDB never estimates more than a half for a value.
   */
  readonly share?: number;
}

/** Too few to tell from them how much of a table is read. */
const FEW_ROWS = 100;

/** May stand before a question and is not planned with it. */
const PREFIX = /^(\s|\/\*.*?\*\/|SET STATEMENT .*? FOR )+/is;

/** Said by drivers and pools; reads no table. */
const SESSION_STATEMENT = /^(SET|START TRANSACTION|BEGIN|COMMIT|ROLLBACK)\b/i;

/**
 * Has MariaDB plan each statement, on the tables as they are.
 *
 * @returns how they read the tables; statements that read none have no step
 * @throws Error naming all statements that read too much of a table, or that are no questions at all
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
      faults.push(`is no question: ${sql}`);
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
    throw new Error(`statements that Nova's databases must be spared:\n- ${faults.join('\n- ')}`);
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
    // Results of other steps, `<derived2>`, are no tables of the database.
    if (row.table === null || row.table.startsWith('<')) return [];
    const table = nameOf.get(row.table) ?? row.table;
    const of = totals.get(table) ?? 0;
    return [{ sql, table, type: row.type ?? '', key: row.key, rows: Number(row.rows), of }];
  });
}

/** What the tables are really called that the plan just made names as the statement does. */
async function tableNames(connection: Connection): Promise<ReadonlyMap<string, string>> {
  // The statement as MariaDB understands it: each table with its database, and what the statement calls it.
  const [notes] = await connection.query<WarningRow[]>('SHOW WARNINGS');
  const understood = notes.map(({ Message }) => Message).join('\n');
  const found = understood.matchAll(/(?<!\.)`\w+`\.`(\w+)`(?!\.)(?: `(\w+)`)?/g);
  return new Map([...found].map(([, table = '', alias = table]) => [alias, table]));
}

function faultOf(
  { sql, table, type, key, rows, of }: PlanStep,
  { small = [], share = 0.25 }: PlanLimits,
): string[] {
  if (small.includes(table)) return [];
  const how = `(type ${type}, ${key === null ? 'without a key' : `by the key ${key}`}, about ${rows} of ${of} rows)`;
  if (type === 'ALL' || type === 'index') return [`reads all of ${table} ${how}: ${sql}`];
  if (rows > Math.max(FEW_ROWS, share * of)) return [`reads much of ${table} ${how}: ${sql}`];
  return [];
}
