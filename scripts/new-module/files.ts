import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Context, createContext, runInContext } from 'node:vm';
import type { Names } from './names.js';
import type { NewFile } from './project.js';

/**
 * Options of the command line. `api`: the rows are in Nova's API database. `paging`: lists have pages. `uuid`: ids are
 * UUIDs.
 */
type Choices = Readonly<Record<'api' | 'paging' | 'uuid', boolean>>;

/**
 * Returns all files of a new module, not yet formatted.
 *
 * @param time the time in the name of the migration, in milliseconds since 1970
 */
export function filesOf(names: Names, choices: Choices, time: number): NewFile[] {
  const { files, file, type, table, server, api, paging, uuid } = { ...names, ...choices };
  const cells = !server && !api;
  const indexed = [...(server ? ['instance_uuid'] : []), ...(paging ? ['created_at', 'id'] : [])];
  const words = {
    ...{ ...names, ...choices, cells, time, indexed },
    index: `${table}_${indexed.filter((column) => column !== 'id').join('_')}_idx`,
    ...(uuid ? { id: 'uuid', idWord: 'UUID' } : { id: 'id', idWord: 'number' }),
    result: paging ? `ListPage<${type}Row>` : `readonly ${type}Row[]`,
    owner: server ? 'of a server' : 'of all projects',
    // Each method of the generated store has an argument that determines the database. These are its name, its type,
    // and the value that the generated service passes for it.
    from: server ? 'server' : api ? 'database' : 'deadline',
    fromType: server ? 'Server' : api ? 'RowSource' : 'number',
    fromValue: server ? 'server' : api ? 'this.cells.api()' : 'answerDeadline()',
    when: (condition: unknown, text: string) => (condition ? text : ''),
  };
  const parts = ['module', 'controller', 'service', 'store', 'policies', 'view', 'schema', 'query'];
  return [
    ...parts.slice(0, paging ? 8 : 7).map((part) => [part, `src/${files}/${files}.${part}.ts`]),
    ['entity', `src/${files}/${file}.entity.ts`],
    ['example', `src/${files}/example.ts`],
    ['migration', `src/${files}/${time}-create-${files}.ts`],
    ['e2e-spec', `test/${files}/${files}.spec.ts`],
  ].map(([template = '', path = '']) => ({ path, text: filled(template, createContext(words)) }));
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
