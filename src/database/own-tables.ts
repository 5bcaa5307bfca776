import type {
  EntityManager,
  MigrationInterface,
  TableColumnOptions,
  TableIndexOptions,
  TableOptions,
} from 'typeorm';
import { type QueryRunner, Table } from 'typeorm';

type Migration = new () => MigrationInterface;

const declared = new Set<Migration>();

/** Names, on a module, what makes its tables in the own store; in Nova's databases they are there already. */
export function OwnTables(...migrations: Migration[]): ClassDecorator {
  return () => {
    for (const migration of migrations) declared.add(migration);
  };
}

/** Inserts rows that show a new user what the service answers. */
export type Example = (manager: EntityManager) => Promise<void>;

const examples = new Set<Example>();

/** Names, on a module, what inserts the example rows of its tables. */
export function OwnExample(example: Example): ClassDecorator {
  return () => {
    examples.add(example);
  };
}

/** Inserts the example rows of all modules of this deployment. */
export async function insertExamples(manager: EntityManager): Promise<void> {
  for (const insert of examples) await insert(manager);
}

/** What makes the tables of all modules of this deployment. */
export function ownTables(): Migration[] {
  return [...declared];
}

/**
 * Makes a table, where there is none of that name, with the columns that every table of Nova carries, and more; those of
 * its API database carry fewer. A migration that was broken off half-way is begun again, so each step must bear that.
 */
export async function createTable(
  runner: QueryRunner,
  { columns = [], ...table }: Pick<TableOptions, 'name' | 'columns' | 'indices'>,
  isOfApi = false,
): Promise<void> {
  const engine = isSqlite(runner) ? {} : { engine: 'InnoDB' };
  await runner.createTable(
    new Table({ ...table, ...engine, columns: [...commonColumns(isOfApi), ...columns] }),
    true,
  );
}

/** What a table has beside the columns that every table of Nova carries: their names, by what they hold. */
export interface OwnTable {
  /** Whether it is one of Nova's API database, where nothing is soft-deleted. */
  readonly isOfApi?: boolean;
  /** Texts that are compared, without regard to case. */
  readonly ids?: readonly string[];
  readonly texts?: readonly string[];
  readonly times?: readonly string[];
  readonly numbers?: readonly string[];
  /** Columns by the names of the indexes over them. */
  readonly indexes?: Readonly<Record<string, readonly string[]>>;
  readonly unique?: Readonly<Record<string, readonly string[]>>;
}

/** A migration that makes tables, by their names, and drops them when it is undone. */
export function createsTables(name: string, tables: Readonly<Record<string, OwnTable>>): Migration {
  return class implements MigrationInterface {
    readonly name = name;

    async up(runner: QueryRunner): Promise<void> {
      for (const [table, what] of Object.entries(tables)) {
        const parts = { name: table, columns: columnsOf(runner, what), indices: indicesOf(what) };
        await createTable(runner, parts, what.isOfApi);
      }
    }

    async down(runner: QueryRunner): Promise<void> {
      for (const table of Object.keys(tables)) await runner.dropTable(table);
    }
  };
}

function columnsOf(runner: QueryRunner, { ids, texts, times, numbers }: OwnTable): TableColumnOptions[] {
  return [
    ...(ids ?? []).map((column) => idColumn(runner, column)),
    ...(texts ?? []).map((column) => textColumn(column)),
    ...(times ?? []).map(timeColumn),
    ...(numbers ?? []).map((column) => numberColumn(column)),
  ];
}

function indicesOf({ indexes = {}, unique = {} }: OwnTable): TableIndexOptions[] {
  const of = (all: Readonly<Record<string, readonly string[]>>, isUnique: boolean): TableIndexOptions[] =>
    Object.entries(all).map(([name, columns]) => ({ name, columnNames: [...columns], isUnique }));
  return [...of(indexes, false), ...of(unique, true)];
}

/** A column of text that compares without regard to case, as every text in Nova's tables. */
export function idColumn(runner: QueryRunner, name: string, length = '255'): TableColumnOptions {
  return { ...textColumn(name, length), collation: isSqlite(runner) ? 'NOCASE' : 'utf8mb4_general_ci' };
}

export function textColumn(name: string, length = '255'): TableColumnOptions {
  return { name, type: 'varchar', length, isNullable: true };
}

export function timeColumn(name: string): TableColumnOptions {
  return { name, type: 'datetime', isNullable: true };
}

export function numberColumn(name: string, type: 'integer' | 'bigint' = 'integer'): TableColumnOptions {
  return { name, type, isNullable: true };
}

function commonColumns(isOfApi: boolean): TableColumnOptions[] {
  const softDelete = [timeColumn('deleted_at'), { ...numberColumn('deleted'), default: 0 }];
  return [
    { name: 'id', type: 'integer', isPrimary: true, isGenerated: true, generationStrategy: 'increment' },
    timeColumn('created_at'),
    timeColumn('updated_at'),
    ...(isOfApi ? [] : softDelete),
  ];
}

function isSqlite(runner: QueryRunner): boolean {
  return runner.dataSource.options.type === 'better-sqlite3';
}
