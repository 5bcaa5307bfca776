import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { UsageError } from '../shared/console.js';
import type { Names } from './names.js';

/** The file with the list of all modules, relative to the project's folder. */
export const MODULES = 'src/modules.ts';

/** A file to write. Its path is relative to the project's folder. */
export type NewFile = Readonly<Record<'path' | 'text', string>>;

/**
 * Checks that the project does not yet have a file, class, table, path, title or policy with one of the names of the
 * new module.
 *
 * @throws UsageError that contains the first name that is in use
 */
export function rejectExisting(project: string, names: Names, paths: readonly string[]): void {
  const { classes, type, table, path, resource, Words, action } = names;
  const existing = [join('src', names.files), ...paths].find((one) => existsSync(join(project, one)));
  if (existing !== undefined) throw new UsageError(`${existing} already exists: choose another name`);
  const parts = action ? ['Module', 'Actions'] : ['Module', 'Controller', 'Service', 'Store'];
  const classNames = [...parts.map((part) => classes + part), ...(action ? [] : [type])];
  const ofResource = [
    [`a table ${table}`, `(@Entity\\(|MIGRATIONS_TABLE = )'${table}'`],
    [`the path ${path}`, `@NovaResource\\(\\s*'${path}'`],
  ];
  const claims = [
    ...classNames.map((name) => [`a class ${name}`, `\\bclass ${name}\\b`]),
    ...(action ? [[`the action ${action}`, `@ServerAction\\(\\s*'${action}'`]] : ofResource),
    [`the title ${Words}`, `(@NovaResource|@ServerActions)\\([^)]*'${Words}'`],
    [`policies of ${resource}`, `'os_compute_api:${resource}(:|')`],
  ];
  for (const file of readdirSync(join(project, 'src'), { recursive: true, encoding: 'utf8' }).sort()) {
    if (!/(?<!\.spec)\.ts$/.test(file)) continue;
    const text = readFileSync(join(project, 'src', file), 'utf8');
    const [taken] = claims.find(([, pattern = '']) => new RegExp(pattern).test(text)) ?? [];
    if (taken !== undefined) throw new UsageError(`src/${file} already has ${taken}: choose another name`);
  }
}

/** Returns the text of `src/modules.ts` after adding a module: its import, and its entry in the list. */
export function withModule(text: string, { classes, files }: Names): string {
  const list = /(const MODULES = \[[^\]]*?),?\s*\]/;
  if (!list.test(text)) throw new UsageError('src/modules.ts has no list `const MODULES = […]`');
  const from = `'./${files}/${files}.module.js';`;
  const next = text.match(/^import .* from '\.\/.*$/gm)?.find((line) => line.slice(line.indexOf("'")) > from);
  const at = next === undefined ? text.indexOf('\n\n') + 1 : text.indexOf(next);
  const line = `import { ${classes}Module } from ${from}\n`;
  return `${text.slice(0, at)}${line}${text.slice(at)}`.replace(list, `$1, ${classes}Module]`);
}

/** Returns the file with its text formatted as by `npm run format`. */
export async function formatted(project: string, { path, text }: NewFile): Promise<NewFile> {
  const filepath = join(project, path);
  return { path, text: await format(text, { ...(await resolveConfig(filepath)), filepath }) };
}

/**
 * Writes the new files, and replaces the changed file. After an error it removes the new files and restores the changed
 * file. It never overwrites a file other than the changed one.
 */
export async function writeAll(project: string, files: readonly NewFile[], changed: NewFile): Promise<void> {
  const before = await readFile(join(project, changed.path), 'utf8');
  const made: string[] = [];
  try {
    for (const file of files) {
      const path = join(project, file.path);
      const folder = await mkdir(dirname(path), { recursive: true });
      if (folder !== undefined) made.push(folder);
      await (await open(path, 'wx')).close();
      made.push(path);
      await writeFile(path, file.text);
    }
    await writeFile(join(project, changed.path), changed.text);
  } catch (error) {
    for (const path of made) await rm(path, { recursive: true, force: true });
    await writeFile(join(project, changed.path), before).catch(() => undefined);
    throw error;
  }
}
