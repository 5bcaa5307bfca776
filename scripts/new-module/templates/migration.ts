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
import { createsTables } from '../database/own-tables.js';

/** The table of ${names.words}, in the own store; with the columns that every table of Nova carries, too. */
export const ${name} = createsTables('${name}', {
  ${names.table}: {
    ids: ['uuid', ${names.belowServer ? "'instance_uuid', " : ''}'project_id'],
    texts: ['name'],
    indexes: { ${indexTexts(names, false)} },
    unique: { ${indexTexts(names, true)} },
  },
});
`;
}

function indexTexts(names: Names, unique: boolean): string {
  const wanted = indexesOf(names).filter(({ isUnique = false }) => isUnique === unique);
  return wanted.map(({ name, columns }) => `${name}: ${listText(columns)}`).join(', ');
}

/** A list of texts, in TypeScript. */
export function listText(texts: readonly string[]): string {
  return `[${texts.map((text) => `'${text}'`).join(', ')}]`;
}
