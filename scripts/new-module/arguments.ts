import { parseArgs } from 'node:util';
import { UsageError } from '../shared/console.js';
import type { Choices } from './files.js';
import { type Names, namesOf, rejectIf } from './names.js';

const flag = { type: 'boolean' } as const;
const options = {
  path: { type: 'string', multiple: true },
  action: { type: 'string', multiple: true },
  id: { type: 'string' },
  ...{ writes: flag, 'api-database': flag, 'no-paging': flag, help: flag },
} as const;

/** The module that the arguments of the command line describe. */
export interface Wanted {
  readonly names: Names;
  readonly choices: Choices;
}

/**
 * Reads the arguments of the command line. Returns undefined if they contain `--help`.
 *
 * @throws UsageError, or the error of `parseArgs`, for invalid arguments
 */
export function wantedFrom(args: readonly string[]): Wanted | undefined {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  if (values.help) return undefined;
  const { path: paths = [], action: actions = [], ...others } = values;
  const { id = 'uuid', writes = false, 'api-database': api = false, 'no-paging': noPaging = false } = others;
  const [[name, ...more], [place, ...morePlaces]] = [positionals, [...paths, ...actions]];
  if (name === undefined || place === undefined || more.length + morePlaces.length > 0) {
    throw new UsageError(
      'give one NAME and one --path or --action, for example: os-keypairs --path os-keypairs',
    );
  }
  const [action] = actions;
  rejectIf(
    action !== undefined && Object.keys(others).length > 0,
    '--action cannot be used with the options of --path',
  );
  rejectIf(!['uuid', 'integer'].includes(id), '--id must be uuid or integer');
  const names = namesOf(name, action === undefined ? place : name, action);
  rejectIf(
    api && names.server,
    '--api-database cannot be used for a path below servers/: the rows of a server are in its cell',
  );
  rejectIf(
    writes && !api && !names.server,
    '--writes needs --api-database or a path below servers/: modules do not write other tables',
  );
  return { names, choices: { api, paging: !noPaging, uuid: id === 'uuid', writes } };
}
