import type { Names } from '../names.js';
import { indexesOf, listText } from './migration.js';

/** `<x>.entity.ts`: the columns that are read. */
export function entityText(names: Names): string {
  return `
import { Entity, Index } from 'typeorm';
import { Text } from '../database/columns.js';
import { NovaRow } from '../database/nova-row.entity.js';

/**
 * A row of the table of ${names.words}, with the columns that every table of Nova carries.
 *
 * DECIDE: the columns, by Nova's names, here and in the migration. Beside Nova this table is read from its cells: where
 * they have no table \`${names.table}\` with these columns, all routes of this module answer 503.
 */
@Entity('${names.table}')
${indexesOf(names)
  .map(
    ({ name, columns, isUnique = false }) =>
      `@Index('${name}', ${listText(columns)}${isUnique ? ', { unique: true }' : ''})`,
  )
  .join('\n')}
export class ${names.type} extends NovaRow {
  @Text(36)
  uuid!: string | null;
${names.belowServer ? serverColumn : ''}
  @Text()
  name!: string | null;

  @Text()
  project_id!: string | null;
}
`;
}

const serverColumn = `
  /** The server. */
  @Text(36)
  instance_uuid!: string | null;
`;
