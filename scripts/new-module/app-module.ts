import { UsageError } from '../shared/console.js';
import type { Names } from './names.js';

/**
 * The text of `src/app.module.ts` with one module more: a line in the list, and its import where it belongs in
 * alphabetical order.
 *
 * @throws UsageError where there is no such list
 */
export function withModule(text: string, { classes, files }: Names): string {
  const list = /(const MODULES = \[[^\]]*?),?\s*\]/;
  if (!list.test(text)) throw new UsageError('src/app.module.ts has no list `const MODULES = […]`');
  const line = `import { ${classes}Module } from './${files}/${files}.module.js';`;
  const lines = text.replace(list, `$1, ${classes}Module]`).split('\n');
  const imports = lines.filter((one) => one.startsWith('import '));
  const after = imports.filter((one) => source(one) < source(line)).at(-1);
  lines.splice(after === undefined ? 0 : lines.indexOf(after) + 1, 0, line);
  return lines.join('\n');
}

/** Packages stand before files of our own. */
function source(line: string): string {
  const [, from = ''] = / from '(.*)'/.exec(line) ?? [];
  return from.startsWith('.') ? `~${from}` : from;
}
