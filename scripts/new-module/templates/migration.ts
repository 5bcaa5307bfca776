import type { Names } from '../names.js';

/** The migration's class, by the time at which it was made, in milliseconds since 1970. */
export function migrationClass({ classes }: Names, time: number): string {
  return `Create${classes}${time}`;
}

/** Its file, without the ending. */
export function migrationFile({ files }: Names, time: number): string {
  return `${time}-create-${files}`;
}

/** An index by its name, with the columns it is on. */
interface Index {
  readonly name: string;
  readonly columns: readonly string[];
  readonly isUnique?: boolean;
}

/** What the store's two questions go by. The entity declares the same. */
export function indexesOf({ table, belowServer }: Names): readonly Index[] {
  const inOrder = belowServer ? ['instance_uuid', 'created_at', 'id'] : ['created_at', 'id'];
  return [
    { name: `${table}_uuid_idx`, columns: ['uuid'], isUnique: true },
    { name: `${table}_${inOrder.slice(0, -1).join('_')}_idx`, columns: inOrder },
  ];
}

/** `<time>-create-<x>.ts`: the table in the own store. */
export function migrationText(names: Names, time: number): string {
  const name = migrationClass(names, time);
  return `
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, idColumn, textColumn } from '../database/own-tables.js';

/** The table of ${names.words}, in the own store; with the columns that every table of Nova carries, too. */
export class ${name} implements MigrationInterface {
  name = '${name}';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: '${names.table}',
      columns: [
        idColumn(runner, 'uuid', '36'),
        ${names.belowServer ? "idColumn(runner, 'instance_uuid', '36')," : ''}
        textColumn('name'),
        idColumn(runner, 'project_id'),
      ],
      indices: [${indexesOf(names).map(indexText).join(', ')}],
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('${names.table}');
  }
}
`;
}

function indexText({ name, columns, isUnique = false }: Index): string {
  return `{ name: '${name}', columnNames: ${listText(columns)}${isUnique ? ', isUnique: true' : ''} }`;
}

/** A list of texts, in TypeScript. */
export function listText(texts: readonly string[]): string {
  return `[${texts.map((text) => `'${text}'`).join(', ')}]`;
}
