import { parseArgs } from 'node:util';
import { decideCases } from './policy/decide-cases.js';
import { requestContext } from '../src/identity/request-context.js';
import { errorText } from '../src/common/error-text.js';
import { say, UsageError } from './shared/console.js';

const HELP = `Shows what policies decide.

  npm run policy:check -- CASES.jsonl

reads one case per line, {"rules": {…}, "name": "…", "creds": {…}, "target": {…}}. For each line it prints
{"allowed": true} if the rule with this name allows a caller with these credentials access to this target, else
{"allowed": false}. An invalid line is denied, and stderr says why. The file name - means standard input.

  npm run policy:check -- [--file policy.yaml] --roles reader --project ID [--target-project ID] [--rule NAME]

prints a line for every policy of the service: "passed: NAME" if it allows this caller to use its routes for a server,
else "failed: NAME". With --rule it checks only one rule, which may also be a base rule. It uses the default rules and
the policy file, and prints the problems of the file on stderr.

  --file FILE            the policy file, as in POLICY_FILE; without it, only the defaults
  --roles NAME,NAME      the caller's roles, including implied roles
  --project ID           the caller's project
  --target-project ID    the server's project, if it is not the caller's project
  --user ID              the caller's user ID
  --system all           the caller's token is for the whole system instead of a project
  --rule NAME            check only this rule

Exit codes: 0 all cases or policies are decided, 2 wrong usage or a file that cannot be read.
`;

function parseArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        file: { type: 'string' },
        roles: { type: 'string', multiple: true },
        project: { type: 'string' },
        'target-project': { type: 'string' },
        user: { type: 'string' },
        system: { type: 'string' },
        rule: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(errorText(error));
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArguments();
  const { help, file, rule, roles = [], project, user = '', system = null } = values;
  const [cases, ...more] = positionals;
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  const hasOptions = Object.keys(values).length > 0;
  if (more.length > 0 || (cases === undefined) === !hasOptions) {
    throw new UsageError('give either one file of cases or options (--help lists them)');
  }
  if (cases !== undefined) {
    decideCases(cases);
    return;
  }
  if (system !== null && system !== 'all') throw new UsageError('--system can only be all');
  if (system !== null && project !== undefined) {
    throw new UsageError('a token is for a project or for the system, not for both');
  }
  const caller = requestContext({
    userId: user,
    projectId: project ?? null,
    systemScope: system,
    roles: roles.flatMap((names) => names.split(',')).filter((name) => name !== ''),
  });
  // Without a project, the target has no project_id. Rules that compare the project of the target then deny access.
  const owner = values['target-project'] ?? project;
  // This import loads the whole service. Usage errors, and a file of cases, do not need the service.
  const { checkCaller } = await import('./policy/check-caller.js');
  checkCaller({ file, rule }, caller, owner === undefined ? {} : { project_id: owner });
}

try {
  await main();
} catch (error) {
  process.exitCode = 2;
  say(error instanceof UsageError ? error.message : String(error instanceof Error ? error.stack : error));
}
