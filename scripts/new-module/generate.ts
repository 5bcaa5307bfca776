import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Wanted } from './arguments.js';
import { filesOf } from './files.js';
import type { Names } from './names.js';
import { formatted, MODULES, type NewFile, rejectExisting, withModule, writeAll } from './project.js';

/**
 * Writes a new module into a project.
 *
 * @returns the report for the developer: the written files, the new routes, the open decisions and the next steps
 * @throws UsageError if the project already uses one of the names
 */
export async function generate(project: string, { names, choices }: Wanted): Promise<string> {
  const files = filesOf(names, choices, Date.now());
  const made = files.map(({ path }) => path);
  rejectExisting(project, names, made);
  const modules = withModule(await readFile(join(project, MODULES), 'utf8'), names);
  const changed = await formatted(project, { path: MODULES, text: modules });
  const written = await Promise.all(files.map((file) => formatted(project, file)));
  await writeAll(project, written, changed);
  return `Written files:
${[...made, MODULES].map((file) => `  ${file}`).join('\n')}
New routes, for administrators only:
${routesOf(names, choices.writes).join('\n')}
Make these decisions and remove their comments; "npm run check" fails until all are removed:
${written.flatMap(decisions).join('\n')}
Next: npm test -- ${made.at(-1) ?? ''}, then follow docs/adding-a-module.md.`;
}

function routesOf({ action, documented, key }: Names, writes: boolean): string[] {
  if (action) return [`  POST /v2.1/servers/{server_id}/action with the body {"${action}": null}`];
  const paths = [documented, `${documented}/{${key}_id}`];
  const [list, show] = paths.map((path) => `/v2.1${path}`);
  return [...[`  GET ${list}`, `  GET ${show}`], ...(writes ? [`  POST ${list}`, `  DELETE ${show}`] : [])];
}

function decisions({ path, text }: NewFile): string[] {
  return text.split('\n').flatMap((line, index) => {
    const [, decision] = /DECIDE: (.*)/.exec(line) ?? [];
    return decision === undefined ? [] : [`  ${path}:${index + 1}\n      ${decision}`];
  });
}
