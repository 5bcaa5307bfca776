import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../shared/console.js';
import { capitalised, type Names } from './names.js';

/**
 * Sees to it that a new module takes nothing that another one has.
 *
 * @param written the paths of the files to be written, below the project
 * @throws UsageError naming the first thing that is taken
 */
export function refuseTaken(project: string, names: Names, written: readonly string[]): void {
  const there = [join('src', names.files), ...written].find((path) => existsSync(join(project, path)));
  if (there !== undefined) throw new UsageError(`${there} exists already: choose another name`);
  for (const path of readdirSync(join(project, 'src'), { recursive: true, encoding: 'utf8' }).sort()) {
    if (!path.endsWith('.ts') || path.endsWith('.spec.ts')) continue;
    const text = readFileSync(join(project, 'src', path), 'utf8');
    for (const [what, pattern] of claims(names)) {
      if (pattern.test(text)) {
        throw new UsageError(`src/${path} has ${what} already: choose another name or path`);
      }
    }
  }
}

/** What a module has to itself, and how it looks in the source. */
function claims({ classes, type, table, path, resource, words }: Names): (readonly [string, RegExp])[] {
  const title = capitalised(words);
  const parts = ['Module', 'Controller', 'Service', 'Store'].map((part) => `${classes}${part}`);
  return [
    ...[...parts, type].map((name) => [`a class ${name}`, new RegExp(`\\bclass ${name}\\b`)] as const),
    [`a table ${table}`, new RegExp(`(@Entity\\(|migrationsTableName: )'${table}'`)],
    [`the path ${path}`, new RegExp(`@NovaResource\\(\\s*'${path}'`)],
    [`the title ${title}`, new RegExp(`@NovaResource\\([^)]*'${title}'`)],
    [`policies of ${resource}`, new RegExp(`'os_compute_api:${resource}(:|')`)],
  ];
}
