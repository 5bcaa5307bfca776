import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { errorText } from '../src/common/error-text.js';
import { withModule } from './new-module/modules.js';
import { filesOf } from './new-module/files.js';
import { documentedPath, type Names, namesOf, policyNames } from './new-module/names.js';
import { refuseTaken } from './new-module/taken.js';
import type { Choices } from './new-module/words.js';
import { formatted, type NewFile, writeAll } from './new-module/write.js';
import { print, say, UsageError } from './shared/console.js';

const PROJECT = join(import.meta.dirname, '..');
const MODULES = 'src/modules.ts';

const HELP = `Writes a new module: one folder under src/, its tests, and one line in ${MODULES}.

  npm run new:module -- NAME --path PATH [--api-database] [--no-paging] [--id uuid|integer]

  NAME            such as os-server-groups, which makes the folder server-groups
  --path PATH     where the resource is below /v2.1: os-server-groups, or servers/:server_id/os-things for
                  resources of a server
  --api-database  the rows are in Nova's API database, once for all cells; without it, they are in each cell
  --no-paging     lists have no limit and no marker
  --id            the kind of id in paths: uuid (default) or integer
  --help          this text

The module compiles and has documentation and tests; only administrators may use it. It lists and shows items from a
table of the own store. Comments that begin with DECIDE mark your decisions. The command lists them, and
"npm run check" fails while one is left. docs/adding-a-module.md says how to continue. After an error no file is changed.

Exit code: 0 the module is written, 2 it is not, and stderr says why.
`;

/** @returns undefined for --help */
function readArguments(): (Choices & { readonly names: Names }) | undefined {
  const { values, positionals } = parsed();
  if (values.help) return undefined;
  const [name, ...more] = positionals;
  const [path, ...morePaths] = values.path ?? [];
  if (name === undefined || path === undefined || more.length + morePaths.length > 0) {
    throw new UsageError('give one name and its --path, such as os-server-groups --path os-server-groups');
  }
  const { id = 'uuid', 'api-database': apiDatabase = false, 'no-paging': isWhole = false } = values;
  if (id !== 'uuid' && id !== 'integer') throw new UsageError('--id is uuid or integer');
  const names = namesOf(name, path);
  if (apiDatabase && names.belowServer) {
    throw new UsageError(
      '--api-database is for paths outside servers/: the rows of a server are in its cell',
    );
  }
  return { names, apiDatabase, paging: !isWhole, id };
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        path: { type: 'string', multiple: true },
        'api-database': { type: 'boolean' },
        'no-paging': { type: 'boolean' },
        id: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(errorText(error));
  }
}

async function main(): Promise<void> {
  const given = readArguments();
  if (given === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const { names } = given;
  const files = filesOf(names, given, Date.now());
  refuseTaken(
    PROJECT,
    names,
    files.map(({ path }) => path),
  );
  const modules = withModule(await readFile(join(PROJECT, MODULES), 'utf8'), names);
  const changed = await formatted(PROJECT, { path: MODULES, text: modules });
  const written = await Promise.all(files.map((file) => formatted(PROJECT, file)));
  await writeAll(PROJECT, written, changed);
  printWhatNext(names, written);
}

function printWhatNext(names: Names, files: readonly NewFile[]): void {
  const path = `/v2.1${documentedPath(names)}`;
  const { list, show } = policyNames(names);
  const decisions = files.flatMap(({ path: file, text }) =>
    text.split('\n').flatMap((line, index) => {
      const [, what] = /DECIDE: (.*)/.exec(line) ?? [];
      return what === undefined ? [] : [`  ${file}:${index + 1}\n      ${what}`];
    }),
  );
  print(`Written:
${files.map((file) => `  ${file.path}`).join('\n')}
  ${MODULES}: the line ${names.classes}Module, and its import

Two routes, for administrators alone:
  GET ${path}
      policy ${list}
  GET ${path}/{${names.key}_id}
      policy ${show}

Decide, and remove each comment; "npm run check" fails while one is left:
${decisions.join('\n')}

Next:
  npm test -- test/${names.files}/${names.files}.spec.ts
  docs/adding-a-module.md goes on from here: what Nova does, golden answers, and each file in turn.`);
}

try {
  await main();
} catch (error) {
  process.exitCode = 2;
  say(error instanceof UsageError ? error.message : String(error instanceof Error ? error.stack : error));
}
