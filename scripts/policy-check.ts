import { parseArgs } from 'node:util';
import { answerQuestions } from './policy/answer-questions.js';
import { requestContext } from '../src/identity/request-context.js';
import { errorText } from '../src/common/error-text.js';
import { say, UsageError } from './shared/console.js';

const HELP = `Tells what policies decide.

  npm run policy:check -- QUESTIONS.jsonl

reads a question a line, {"rules": {…}, "name": "…", "creds": {…}, "target": {…}}, and prints {"allowed": true} or
{"allowed": false} for each. A line that is none is denied, and stderr says why. - reads standard input.

  npm run policy:check -- [--file policy.yaml] --roles reader --project ID [--target-project ID] [--rule NAME]

prints "passed: NAME" or "failed: NAME" for every policy of the service, or for one rule, base rules included: what
a caller may do to a server under the defaults and a policy file. What is odd about the file is said on stderr.

  --file FILE            the operator's rules, as POLICY_FILE; without it the defaults alone
  --roles NAME,NAME      the caller's roles, with all that they imply
  --project ID           the caller's project
  --target-project ID    the server's project, if it is not the caller's
  --user ID              the caller
  --system all           a token for the whole system instead of a project
  --rule NAME            only this one

Exit code: 0 all is answered, 2 wrong usage or a file that cannot be read.
`;

function parsed() {
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
  const { values, positionals } = parsed();
  const { help, file, rule, roles = [], project, user = '', system = null } = values;
  const [questions, ...more] = positionals;
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  const hasOptions = Object.keys(values).length > 0;
  if (more.length > 0 || (questions === undefined) === !hasOptions) {
    throw new UsageError('give either one file of questions, or options (--help lists them)');
  }
  if (questions !== undefined) {
    answerQuestions(questions);
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
  // Where no project is named, the server has none in common with the caller.
  const owner = values['target-project'] ?? project;
  // Brings in the whole service, which questions and mistakes do not have to wait for.
  const { tellWhoMay } = await import('./policy/tell-who-may.js');
  tellWhoMay({ file, rule }, caller, owner === undefined ? {} : { project_id: owner });
}

try {
  await main();
} catch (error) {
  process.exitCode = 2;
  say(error instanceof UsageError ? error.message : String(error instanceof Error ? error.stack : error));
}
