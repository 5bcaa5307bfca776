import { parseArgs } from 'node:util';
import type { Tokens } from '../../test/conformance/requests.js';
import { errorText } from '../../src/common/error-text.js';
import { isRecord } from '../../src/common/is-record.js';
import { readText, UsageError } from '../shared/console.js';

export const HELP = `Compares the responses of a running deployment with recorded answers of a real Nova, or records responses of a Nova.

  npm run conformance -- BASE_URL [--tokens tokens.json] [--group NAME]... [--keystone URL] [--answers FILE]
  npm run conformance -- BASE_URL --tokens tokens.json --conversations [--keystone URL]
  npm run --silent conformance -- --print-servers
  npm run --silent conformance -- BASE_URL [--tokens tokens.json] --record cases.jsonl > answers.jsonl

To check: set up a deployment for this purpose, because other rows give other responses. For the servers of
test/conformance/fixture.json, its database must contain exactly the rows of that file. If everything is in one
database, leave out the rows of the label "unmapped". max_limit must be 1000. The check only reads.

  --tokens FILE   JSON that maps each persona (a test user) to a token: {"alice": "gAAAAAB…", "admin": "gAAAAAB…"}.
                  The personas, with their projects and roles, are in test/conformance/cases.ts. Requests of a persona
                  without a token are skipped and counted.
  --answers FILE  a file that --record wrote, instead of the answers of this project; the deployment needs the same
                  rows
  --group NAME    only the requests of this group; may be given several times
  --keystone URL  the URL of Keystone in the www-authenticate header of the deployment; without this option the header
                  is not compared
  --help          print this text

To check requests that write: set up a deployment for this purpose, with an own store and HOST_NAME=vm. Before each run,
prepare its database with the statements of --print-servers. The check creates server groups, locks and unlocks servers,
and deletes all server groups of the deployment. The locks of the servers and their actions remain in the database.

  --conversations replays the recorded conversations. Needs a token of the persona admin. Conversations with a persona
                  without a token are skipped and counted.
  --print-servers prints SQL statements that insert the servers of the conversations. The statements first delete the
                  servers of an earlier run, with their locks and actions.

To record: BASE_URL is the URL of a real Nova, as Nova writes it into its links. The requests are sent unchanged, one
after the other. A request that changes data really changes it.

  --record FILE   the requests, one JSON object on each line; - is standard input:
                  {"id": "x-1", "group": "x", "persona": "alice", "method": "GET", "path": "/v2.1/os-x?limit=1",
                   "headers": {"OpenStack-API-Version": "compute 2.66"}, "body": null}
                  persona: a persona with a token, or one of null (no token), "empty" and "garbage". Lines of an
                  earlier recording are accepted.

The same lines with the responses go to standard output, in the same order and in the format of
test/conformance/*.jsonl (see test/conformance/README.md): {base} and {keystone} replace addresses, digests replace
long lists, and headers that vary over time are left out. Progress goes to standard error. Tokens are never written.
After an error nothing is written to standard output. Without --silent npm itself writes to standard output first.

Examples:

  npm run conformance -- http://127.0.0.1:8774 --tokens tokens.json --group paging --group paths
  npm run --silent conformance -- http://127.0.0.1:8774 --tokens tokens.json --record cases.jsonl > answers.jsonl
  npm run --silent conformance -- --print-servers | mariadb actions
  npm run conformance -- http://127.0.0.1:8774 --tokens tokens.json --conversations

Exit code: 0 all responses equal the recorded ones, or are recorded; 1 some differ; 2 wrong usage, or no response.
`;

/** The parsed command line. */
export interface Arguments {
  readonly baseUrl: string;
  readonly tokens: Tokens;
  readonly groups: readonly string[];
  readonly keystoneUrl: string | undefined;
  /** The file with the expected answers; undefined for the recorded answers in this repository. */
  readonly answers: string | undefined;
  /** True to replay conversations, which change the deployment. */
  readonly conversations: boolean;
  /** The file with the requests to record; undefined to compare responses with recorded answers. */
  readonly record: string | undefined;
}

/**
 * Reads and checks the command line.
 *
 * @returns the name of the text to print: `help` for --help, `servers` for --print-servers
 * @throws UsageError if the arguments are invalid
 */
export function readArguments(): Arguments | 'help' | 'servers' {
  const { values, positionals } = parsed();
  if (values.help) return 'help';
  if (values['print-servers']) return 'servers';
  const { group: groups = [], keystone: keystoneUrl, answers, conversations = false, record } = values;
  const [baseUrl, ...more] = positionals;
  if (baseUrl === undefined || more.length > 0) throw new UsageError('give exactly one BASE_URL');
  for (const url of [baseUrl, ...(keystoneUrl === undefined ? [] : [keystoneUrl])]) {
    if (!/^https?:\/\/[^/?#]+[^?#]*$/.test(url) || !URL.canParse(url)) {
      throw new UsageError(`not an http or https URL: ${url}`);
    }
  }
  if (record !== undefined && [...groups, keystoneUrl, answers].some((one) => one !== undefined)) {
    throw new UsageError('--answers, --group and --keystone cannot be combined with --record');
  }
  if (conversations && [...groups, answers, record].some((one) => one !== undefined)) {
    throw new UsageError('--answers, --group and --record cannot be combined with --conversations');
  }
  const tokens = values.tokens === undefined ? {} : readTokens(values.tokens);
  if (conversations && tokens['admin'] === undefined) {
    throw new UsageError('--conversations needs --tokens with a token of the persona admin');
  }
  return { baseUrl, tokens, groups, keystoneUrl, answers, conversations, record };
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        tokens: { type: 'string' },
        group: { type: 'string', multiple: true },
        keystone: { type: 'string' },
        answers: { type: 'string' },
        conversations: { type: 'boolean' },
        'print-servers': { type: 'boolean' },
        record: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(errorText(error));
  }
}

function readTokens(file: string): Tokens {
  const text = readText(file);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which contains tokens. So it is not shown.
    throw new UsageError(`${file}: not JSON`);
  }
  if (!isRecord(content))
    throw new UsageError(`${file}: must contain a JSON object that maps personas to tokens`);
  const wrong = Object.entries(content).find(([, token]) => typeof token !== 'string');
  if (wrong) throw new UsageError(`${file}: the token of ${wrong[0]} is not a string`);
  return content as Tokens;
}
