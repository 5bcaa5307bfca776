import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { withModule } from './new-module/app-module.js';
import { filesOf } from './new-module/files.js';
import { documentedPath, idOf, type Names, namesOf } from './new-module/names.js';
import { refuseTaken } from './new-module/taken.js';
import { policyNames } from './new-module/templates/policies.js';
import { formatted, writeAll } from './new-module/write.js';
import { errorText } from '../src/common/error-text.js';
import { print, say, UsageError } from './shared/console.js';

const PROJECT = join(import.meta.dirname, '..');
const APP_MODULE = 'src/app.module.ts';

const HELP = `Writes a new module: one folder under src/, its tests, and one line in ${APP_MODULE}.

  npm run new:module -- NAME --path PATH

  NAME          such as os-server-groups, which makes the folder server-groups
  --path PATH   where the resource is below /v2.1: os-server-groups for a list over all cells, or
                servers/:server_id/os-things for what belongs to a server
  --help        this text

What is written compiles, is documented, tested, and denied to all but administrators: a list in pages and one item
by its UUID, from a table of the own store. What a developer has to decide is marked DECIDE in it;
docs/adding-a-module.md says how to go on. An error leaves nothing behind.

Exit code: 0 the module is written, 2 it is not, and stderr says why.
`;

/** What is asked for; undefined for --help. */
function readArguments(): Names | undefined {
  const { values, positionals } = parsed();
  if (values.help) return undefined;
  const [name, ...more] = positionals;
  const [path, ...morePaths] = values.path ?? [];
  if (name === undefined || path === undefined || more.length + morePaths.length > 0) {
    throw new UsageError('give one name and its --path, such as os-server-groups --path os-server-groups');
  }
  return namesOf(name, path);
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { path: { type: 'string', multiple: true }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new UsageError(errorText(error));
  }
}

async function main(): Promise<void> {
  const names = readArguments();
  if (names === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const files = filesOf(names, Date.now());
  const paths = files.map(({ path }) => path);
  refuseTaken(PROJECT, names, paths);
  const before = await readFile(join(PROJECT, APP_MODULE), 'utf8');
  const text = withModule(before, names);
  const [appModule, ...written] = await Promise.all(
    [{ path: APP_MODULE, text }, ...files].map((file) => formatted(PROJECT, file)),
  );
  if (appModule !== undefined) await writeAll(PROJECT, written, appModule);
  printWhatNext(names, paths);
}

function printWhatNext(names: Names, paths: readonly string[]): void {
  const { list, show } = policyNames(names);
  const path = `/v2.1${documentedPath(names)}`;
  print(`Written:
${paths.map((one) => `  ${one}`).join('\n')}
  ${APP_MODULE}: the line ${names.classes}Module, and its import

Two routes, for administrators alone:
  GET ${path}
      policy ${list}
  GET ${path}/{${idOf(names)}}
      policy ${show}

Next:
  npm run check && npm test -- src/${names.folder} test/e2e/${names.folder}.spec.ts
  grep -rn DECIDE src/${names.folder}
  docs/adding-a-module.md goes on from here: what Nova does, golden answers, and each file in turn.`);
}

try {
  await main();
} catch (error) {
  process.exitCode = 2;
  say(error instanceof UsageError ? error.message : String(error instanceof Error ? error.stack : error));
}
