import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { errorCode } from '../src/common/error-code.js';
import { errorText } from '../src/common/error-text.js';
import { filesOf } from './new-module/files.js';
import { namesOf, rejectIf } from './new-module/names.js';
import { formatted, type NewFile, rejectExisting, withModule, writeAll } from './new-module/project.js';
import { print, say, UsageError } from './shared/console.js';

const PROJECT = join(import.meta.dirname, '..');
const MODULES = 'src/modules.ts';

const HELP = `npm run new:module -- NAME --path PATH [--api-database] [--no-paging] [--id uuid|integer]

Writes a new module: a folder in src/, its tests, and a line in ${MODULES}.
For example: npm run new:module -- os-server-groups --path os-server-groups

PATH is the path below /v2.1. If the resource belongs to a server, it begins with servers/:server_id/. The module lists
and shows the rows of a table, to administrators only. The table is in Nova's databases or, without them, in the service's
own database. docs/adding-a-module.md explains the options and the next steps.

Exit code: 0 if the module is written; 2 after an error. An error is written to stderr, and no file is changed.`;

const flag = { type: 'boolean' } as const;
const options = {
  path: { type: 'string', multiple: true },
  id: { type: 'string', default: 'uuid' },
  ...{ 'api-database': flag, 'no-paging': flag, help: flag },
} as const;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  if (values.help) {
    print(HELP);
    return;
  }
  const { id, path: [path, ...morePaths] = [], 'api-database': api = false, 'no-paging': noPaging } = values;
  const [name, ...more] = positionals;
  if (name === undefined || path === undefined || more.length + morePaths.length > 0) {
    throw new UsageError(
      'give one NAME and one --path, for example: os-server-groups --path os-server-groups',
    );
  }
  rejectIf(!['uuid', 'integer'].includes(id), '--id must be uuid or integer');
  const names = namesOf(name, path);
  rejectIf(
    api && names.server,
    '--api-database cannot be used for a path below servers/: the rows of a server are in its cell',
  );
  const files = filesOf(names, { api, paging: !noPaging, uuid: id === 'uuid' }, Date.now());
  const paths = files.map(({ path }) => path);
  rejectExisting(PROJECT, names, paths);
  const modules = withModule(await readFile(join(PROJECT, MODULES), 'utf8'), names);
  const changed = await formatted(PROJECT, { path: MODULES, text: modules });
  const written = await Promise.all(files.map((file) => formatted(PROJECT, file)));
  await writeAll(PROJECT, written, changed);
  print(`Written files:
${[...paths, MODULES].map((file) => `  ${file}`).join('\n')}
New routes, for administrators only:
  GET /v2.1${names.documented}
  GET /v2.1${names.documented}/{${names.key}_id}
Make these decisions and remove their comments; "npm run check" fails until all are removed:
${written.flatMap(decisions).join('\n')}
Next: npm test -- ${paths.at(-1) ?? ''}, then follow docs/adding-a-module.md.`);
}

function decisions({ path, text }: NewFile): string[] {
  return text.split('\n').flatMap((line, index) => {
    const [, decision] = /DECIDE: (.*)/.exec(line) ?? [];
    return decision === undefined ? [] : [`  ${path}:${index + 1}\n      ${decision}`];
  });
}

try {
  await main();
} catch (error) {
  process.exitCode = 2;
  const isUsage = error instanceof UsageError || errorCode(error).startsWith('ERR_PARSE_ARGS');
  say(error instanceof Error && !isUsage ? String(error.stack) : errorText(error));
}
