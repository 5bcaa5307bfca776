import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { errorCode } from '../src/common/error-code.js';
import { errorText } from '../src/common/error-text.js';
import { filesOf } from './new-module/files.js';
import { namesOf, refuse } from './new-module/names.js';
import { formatted, type NewFile, rejectExisting, withModule, writeAll } from './new-module/project.js';
import { print, say, UsageError } from './shared/console.js';

const PROJECT = join(import.meta.dirname, '..');
const MODULES = 'src/modules.ts';

const HELP = `npm run new:module -- NAME --path PATH [--api-database] [--no-paging] [--id uuid|integer]

Writes a new module, such as os-server-groups --path os-server-groups: a folder under src/, its tests, and a line in
${MODULES}. PATH is below /v2.1; that of resources of a server begins with servers/:server_id/. The module lists and
shows items from a table of the own store, to administrators only. docs/adding-a-module.md explains the options, and how
to continue. After an error no file is changed. Exit code: 0 the module is written, 2 it is not, and stderr says why.`;

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
  const { id, path: [path, ...morePaths] = [], 'api-database': api = false, 'no-paging': isWhole } = values;
  const [name, ...more] = positionals;
  if (name === undefined || path === undefined || more.length + morePaths.length > 0) {
    throw new UsageError('give one name and its --path, such as os-server-groups --path os-server-groups');
  }
  refuse(!['uuid', 'integer'].includes(id), '--id is uuid or integer');
  const names = namesOf(name, path);
  refuse(
    api && names.server,
    '--api-database is for paths outside servers/: rows of a server are in its cell',
  );
  const files = filesOf(names, { api, paging: !isWhole, uuid: id === 'uuid' }, Date.now());
  const paths = files.map(({ path }) => path);
  rejectExisting(PROJECT, names, paths);
  const modules = withModule(await readFile(join(PROJECT, MODULES), 'utf8'), names);
  const changed = await formatted(PROJECT, { path: MODULES, text: modules });
  const written = await Promise.all(files.map((file) => formatted(PROJECT, file)));
  await writeAll(PROJECT, written, changed);
  print(`Written:
${[...paths, MODULES].map((file) => `  ${file}`).join('\n')}
The routes, for administrators only:
  GET /v2.1${names.documented}
  GET /v2.1${names.documented}/{${names.key}_id}
Decide, and remove each comment; "npm run check" fails while one is left:
${written.flatMap(decisions).join('\n')}
Next: npm test -- ${paths.at(-1) ?? ''}, then follow docs/adding-a-module.md.`);
}

function decisions({ path, text }: NewFile): string[] {
  return text.split('\n').flatMap((line, index) => {
    const [, what] = /DECIDE: (.*)/.exec(line) ?? [];
    return what === undefined ? [] : [`  ${path}:${index + 1}\n      ${what}`];
  });
}

try {
  await main();
} catch (error) {
  process.exitCode = 2;
  const isUsage = error instanceof UsageError || errorCode(error).startsWith('ERR_PARSE_ARGS');
  say(error instanceof Error && !isUsage ? String(error.stack) : errorText(error));
}
