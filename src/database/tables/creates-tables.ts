import type { Type } from '@nestjs/common';
import type { TableColumnOptions, TableForeignKeyOptions, TableIndexOptions, TableOptions } from 'typeorm';
import { isSqlite } from '../rows/is-sqlite.js';
import type { NamedMigration } from './module-with-tables.js';
import { type QueryRunner, Table } from 'typeorm';

/**
 * Creates a table with the given columns and with the columns that every Nova table has. Does nothing if the table
 * exists: an interrupted migration runs again from its start, and may already have created the table.
 */
async function createTable(
  runner: QueryRunner,
  { columns = [], ...table }: Pick<TableOptions, 'name' | 'columns' | 'indices' | 'foreignKeys'>,
  isInApiDatabase = false,
): Promise<void> {
  const engine = isSqlite(runner.dataSource) ? {} : { engine: 'InnoDB' };
  await runner.createTable(
    new Table({ ...table, ...engine, columns: [...commonColumns(isInApiDatabase), ...columns] }),
    true,
  );
}

/**
 * The definition of a table: for each type, the names of the columns with this type. `createsTables` adds the columns
 * that every Nova table has.
 */
export interface OwnTable {
  /** True if Nova has this table in its API database, whose tables have no columns for soft deletion. */
  readonly isInApiDatabase?: boolean;
  /** Text columns that occur in conditions or joins of queries. A comparison ignores case. */
  readonly ids?: readonly string[];
  /** Text columns of 36 characters that occur in conditions or joins of queries. A comparison ignores case. */
  readonly uuids?: readonly string[];
  readonly texts?: readonly string[];
  /** Columns for texts of up to 64 KiB, such as JSON. */
  readonly longTexts?: readonly string[];
  readonly times?: readonly string[];
  readonly numbers?: readonly string[];
  /** Columns for 64-bit integers. */
  readonly longNumbers?: readonly string[];
  readonly booleans?: readonly string[];
  /** Integer columns with the default 0. */
  readonly flags?: readonly string[];
  /** The columns that must not be null. */
  readonly required?: readonly string[];
  /**
   * The columns with the id of a row in another table, as `{column: 'referenced table'}`. They must not be null. Each has
   * an index: `<table>_<column>_idx`.
   */
  readonly references?: Readonly<Record<string, string>>;
  /** The indexes, as `{'name of the index': ['column', …]}`. */
  readonly indexes?: Readonly<Record<string, readonly string[]>>;
  /** The unique indexes, as `{'name of the index': ['column', …]}`. */
  readonly unique?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Returns a migration that creates the tables. When the migration is undone, it drops the tables.
 *
 * @param tables the definitions of the tables, by the name of the table
 */
export function createsTables(
  name: string,
  tables: Readonly<Record<string, OwnTable>>,
): Type<NamedMigration> {
  return class implements NamedMigration {
    readonly name = name;

    async up(runner: QueryRunner): Promise<void> {
      for (const [table, definition] of Object.entries(tables)) {
        const parts = {
          name: table,
          columns: columnsOf(runner, definition),
          indices: indicesOf(table, definition),
          foreignKeys: foreignKeysOf(definition),
        };
        await createTable(runner, parts, definition.isInApiDatabase);
      }
    }

    async down(runner: QueryRunner): Promise<void> {
      for (const table of Object.keys(tables).reverse()) await runner.dropTable(table);
    }
  };
}

function columnsOf(runner: QueryRunner, table: OwnTable): TableColumnOptions[] {
  const references = Object.keys(table.references ?? {});
  const required = new Set([...(table.required ?? []), ...references]);
  const columns = [
    ...(table.ids ?? []).map((name) => idColumn(runner, name)),
    ...(table.uuids ?? []).map((name) => idColumn(runner, name, '36')),
    ...(table.texts ?? []).map((name) => textColumn(name)),
    ...(table.longTexts ?? []).map((name) => ({ name, type: 'text' })),
    ...(table.times ?? []).map(timeColumn),
    ...[...(table.numbers ?? []), ...references].map((name) => numberColumn(name)),
    ...(table.longNumbers ?? []).map((name) => numberColumn(name, 'bigint')),
    ...(table.booleans ?? []).map((name) => ({ name, type: 'boolean' })),
    ...(table.flags ?? []).map((name) => ({ ...numberColumn(name), default: 0 })),
  ];
  return columns.map((column) => ({ ...column, isNullable: !required.has(column.name) }));
}

function foreignKeysOf({ references = {} }: OwnTable): TableForeignKeyOptions[] {
  return Object.entries(references).map(([column, table]) => ({
    columnNames: [column],
    referencedTableName: table,
    referencedColumnNames: ['id'],
  }));
}

function indicesOf(table: string, { indexes, unique = {}, references = {} }: OwnTable): TableIndexOptions[] {
  const ofReferences = Object.keys(references).map((column) => [`${table}_${column}_idx`, [column]] as const);
  const of = (all: Readonly<Record<string, readonly string[]>>, isUnique: boolean): TableIndexOptions[] =>
    Object.entries(all).map(([name, columns]) => ({ name, columnNames: [...columns], isUnique }));
  return [...of({ ...indexes, ...Object.fromEntries(ofReferences) }, false), ...of(unique, true)];
}

/** Returns a text column. A comparison with the column ignores case, as for every text column in Nova's tables. */
function idColumn(runner: QueryRunner, name: string, length = '255'): TableColumnOptions {
  return {
    ...textColumn(name, length),
    collation: isSqlite(runner.dataSource) ? 'NOCASE' : 'utf8mb4_general_ci',
  };
}

function textColumn(name: string, length = '255'): TableColumnOptions {
  return { name, type: 'varchar', length, isNullable: true };
}

function timeColumn(name: string): TableColumnOptions {
  return { name, type: 'datetime', isNullable: true };
}

function numberColumn(name: string, type: 'integer' | 'bigint' = 'integer'): TableColumnOptions {
  return { name, type, isNullable: true };
}

function commonColumns(isInApiDatabase: boolean): TableColumnOptions[] {
  const softDelete = [timeColumn('deleted_at'), { ...numberColumn('deleted'), default: 0 }];
  return [
    { name: 'id', type: 'integer', isPrimary: true, isGenerated: true, generationStrategy: 'increment' },
    timeColumn('created_at'),
    timeColumn('updated_at'),
    ...(isInApiDatabase ? [] : softDelete),
  ];
}
