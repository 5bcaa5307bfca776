import { join } from 'node:path';
import { errorCode } from '../src/common/error-code.js';
import { errorText } from '../src/common/error-text.js';
import { wantedFrom } from './new-module/arguments.js';
import { generate } from './new-module/generate.js';
import { MODULES } from './new-module/project.js';
import { print, say, UsageError } from './shared/console.js';

const PROJECT = join(import.meta.dirname, '..');

const HELP = `npm run new:module -- NAME --path PATH [--writes] [--api-database] [--no-paging] [--id uuid|integer]
npm run new:module -- NAME --action ACTION

Writes a new module: a folder in src/, its tests, and a line in ${MODULES}. Only administrators may use its routes.
For example: npm run new:module -- os-keypairs --path os-keypairs --api-database --writes
             npm run new:module -- os-pause-server --action pause

--path    The module lists and shows the rows of a table. PATH is the path below /v2.1. If the resource belongs to a
          server, it begins with servers/:server_id/. The table is in Nova's databases or, without them, in the service's
          own database. With --writes, the module also creates and deletes rows; if they belong to a server, it records
          this in the log of the server.
--action  The module serves an action on servers: POST /servers/{server_id}/action with the body {"ACTION": null}. It
          records the action in the log of the server.

docs/adding-a-module.md explains the options and the next steps.

Exit code: 0 if the module is written; 2 after an error. An error is written to stderr, and no file is changed.`;

try {
  const wanted = wantedFrom(process.argv.slice(2));
  print(wanted === undefined ? HELP : await generate(PROJECT, wanted));
} catch (error) {
  process.exitCode = 2;
  const isUsage = error instanceof UsageError || errorCode(error).startsWith('ERR_PARSE_ARGS');
  say(error instanceof Error && !isUsage ? String(error.stack) : errorText(error));
}
