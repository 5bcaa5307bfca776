import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Context, createContext, runInContext } from 'node:vm';
import type { Names } from './names.js';
import type { NewFile } from './project.js';

/**
 * Options of the command line. `api`: the rows are in Nova's API database. `paging`: lists have pages. `uuid`: ids are
 * UUIDs. `writes`: there are routes that create and delete rows.
 */
export type Choices = Readonly<Record<'api' | 'paging' | 'uuid' | 'writes', boolean>>;

/**
 * Returns all files of a new module, not yet formatted.
 *
 * @param time the time in the name of the migration, in milliseconds since 1970
 */
export function filesOf(names: Names, choices: Choices, time: number): NewFile[] {
  const { files, file, action, paging, writes } = { ...names, ...choices };
  const parts = ['module', 'policies', ...(action || writes ? ['body'] : [])];
  if (action) parts.push('actions');
  else parts.push('controller', 'service', 'store', 'view', ...(paging ? ['query'] : []));
  const ofTable = [
    ['entity', `src/${files}/${file}.entity.ts`],
    ['example', `src/${files}/example.ts`],
    ['migration', `src/${files}/${time}-create-${files}.ts`],
  ];
  return [
    ...parts.map((part) => [part, `src/${files}/${files}.${part}.ts`]),
    ...(action ? [] : ofTable),
    [action ? 'actions-spec' : 'e2e-spec', `test/${files}/${files}.spec.ts`],
  ].map(([template = '', path = '']) => ({
    path,
    text: filled(template, createContext(wordsOf(names, choices, time))),
  }));
}

/** Returns the variables of the templates. */
function wordsOf(names: Names, choices: Choices, time: number): object {
  const { type, key, table, server, action, api, paging, uuid, writes } = { ...names, ...choices };
  // True if the path of a row names no server. The owner of the row then decides the policies of its routes.
  const item = writes && !server;
  const indexed = [...(server ? ['instance_uuid'] : []), ...(paging ? ['created_at', 'id'] : [])];
  return {
    ...{ ...names, ...choices, time, indexed },
    cells: !server && !api && !action,
    item,
    // The part of a declaration about the id in the path.
    one: item ? 'item' : '...ONE',
    index: `${table}_${indexed.filter((column) => column !== 'id').join('_')}_idx`,
    ...(uuid ? { id: 'uuid', idWord: 'UUID' } : { id: 'id', idWord: 'number' }),
    exampleId: uuid ? 'EXAMPLE.uuid' : 'String(EXAMPLE.id)',
    idParameter: `@Param('${key}_id'${uuid ? '' : ', IntegerId'}) id: string`,
    result: paging ? `ListPage<${type}Row>` : `readonly ${type}Row[]`,
    owner: server ? 'of a server' : 'of all projects',
    // Each method of the generated store has an argument that determines the database. These are its name, its type,
    // and the value that the generated service passes for it.
    from: server ? 'server' : api ? 'database' : 'deadline',
    fromType: server ? 'Server' : api ? 'RowSource' : 'number',
    fromValue: server ? 'server' : api ? 'this.cells.api()' : 'answerDeadline()',
    when: (condition: unknown, text: string) => (condition ? text : ''),
  };
}

/**
 * Returns the text of a template after evaluation, with the imports that it needs.
 * - `{{…}}` contains a JavaScript expression. Its value replaces the braces.
 * - A line with the prefix `?name` remains only if the variable is truthy, and a line with `!name` only if it is falsy.
 *   A line with several prefixes remains only if all of these conditions are true.
 */
function filled(template: string, words: Context): string {
  const evaluated = (expression: string): unknown => runInContext(expression, words);
  const [imports = '', code = ''] = ['imports', template].map((name) =>
    readFileSync(join(import.meta.dirname, 'templates', `${name}.txt`), 'utf8')
      .replaceAll(/^((?:[?!]\w+)+) ?(.*\n)/gm, (_line, conditions: string, rest: string) =>
        evaluated(conditions.replaceAll(/[?!]/g, (mark) => (mark === '?' ? '&&' : '&&!')).slice(2))
          ? rest
          : '',
      )
      .replaceAll(/\{\{(.+?)\}\}/g, (_all, expression: string) => String(evaluated(expression))),
  );
  // The code without comments and string literals.
  const bare = code.replaceAll(/\/\*[^]*?\*\/|\/\/.*|'[^'\n]*'|`[^`]*`/g, '');
  const isNeeded = (name: string): boolean =>
    new RegExp(`\\b${name}\\b`).test(bare) &&
    !new RegExp(`(class|const|function|type) ${name}\\b`).test(bare);
  return (
    imports.replaceAll(/^import \{ (.*) \} (.*\n)/gm, (_line, names: string, from: string) => {
      const needed = names.split(', ').filter((name) => isNeeded(name.replace('type ', '')));
      return needed.length > 0 ? `import { ${needed.join(', ')} } ${from}` : '';
    }) + `\n${code}`
  );
}
