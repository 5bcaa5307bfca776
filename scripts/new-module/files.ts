import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Names } from './names.js';
import { type Choices, wordsOf } from './words.js';
import type { NewFile } from './write.js';

/**
 * All files of a new module, not yet formatted.
 *
 * @param time of its migration, in milliseconds since 1970
 */
export function filesOf(names: Names, choices: Choices, time: number): NewFile[] {
  const { files, file } = names;
  const { texts, facts } = wordsOf(names, choices, time);
  const parts = ['module', 'controller', 'service', 'store', 'policies', 'view', 'schema'];
  if (choices.paging) parts.push('query');
  const written = [
    ...parts.map((part) => [part, `src/${files}/${files}.${part}.ts`]),
    ['entity', `src/${files}/${file}.entity.ts`],
    ['example', `src/${files}/example.ts`],
    ['migration', `src/${files}/${texts['migrationFile']}.ts`],
    ['e2e-spec', `test/${files}/${files}.spec.ts`],
  ];
  return written.map(([template = '', path = '']) => ({ path, text: fill(template, texts, facts) }));
}

/**
 * A template with its words filled in: `{{name}}`. A line that begins with `?fact` is there where that is so, one with
 * `!fact` where it is not, and one with several where all of them hold.
 *
 * @throws Error for a word that does not exist
 */
function fill(template: string, texts: Readonly<Record<string, string>>, facts: ReadonlySet<string>): string {
  const text = readFileSync(join(import.meta.dirname, 'templates', `${template}.txt`), 'utf8');
  const lines = text.split('\n').flatMap((line) => {
    const [, conditions = '', rest = ''] = /^((?:[?!]\w+)*) ?(.*)$/.exec(line) ?? [];
    const holds = conditions
      .match(/[?!]\w+/g)
      ?.every((one) => facts.has(one.slice(1)) === one.startsWith('?'));
    return conditions === '' ? [line] : holds ? [rest] : [];
  });
  return lines.join('\n').replaceAll(/\{\{(\w+)\}\}/g, (_all, name: string) => {
    const word = texts[name];
    if (word === undefined) throw new Error(`${template}.txt has an unknown word: ${name}`);
    return word;
  });
}
