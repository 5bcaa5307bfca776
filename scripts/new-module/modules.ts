import { UsageError } from '../shared/console.js';
import type { Names } from './names.js';

/**
 * The text of `src/modules.ts` with one more module: its name in the list, and its import in alphabetical order.
 *
 * @throws UsageError where the text has no such list
 */
export function withModule(text: string, { classes, files }: Names): string {
  const list = /(const MODULES = \[[^\]]*?),?\s*\]/;
  if (!list.test(text)) throw new UsageError('src/modules.ts has no list `const MODULES = […]`');
  const line = `import { ${classes}Module } from './${files}/${files}.module.js';`;
  const lines = text.replace(list, `$1, ${classes}Module]`).split('\n');
  const imports = lines.filter((one) => one.startsWith('import '));
  const after = imports.filter((one) => source(one) < source(line)).at(-1);
  lines.splice(after === undefined ? 0 : lines.indexOf(after) + 1, 0, line);
  return lines.join('\n');
}

function source(line: string): string {
  return / from '(.*)'/.exec(line)?.[1] ?? '';
}
