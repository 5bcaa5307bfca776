import { parseArgs } from 'node:util';
import type { Tokens } from '../../test/conformance/requests.js';
import { errorText } from '../../src/common/error-text.js';
import { isRecord } from '../../src/common/is-record.js';
import { readText, UsageError } from '../shared/console.js';

export const HELP = `Checks a running deployment against what a real Nova answered, or records what a Nova answers.

  npm run conformance -- BASE_URL [--tokens tokens.json] [--group NAME]... [--keystone URL] [--answers FILE]
  npm run --silent conformance -- BASE_URL [--tokens tokens.json] --record cases.jsonl > answers.jsonl

To check: the database of the deployment must hold the rows of test/conformance/fixture.json (without those of the
label "unmapped" where everything is in one database) and nothing else for those servers; max_limit must be 1000. It is
meant for a deployment set up for this check: no request changes anything, but another database gives other answers.

  --tokens FILE   JSON, persona -> token: {"alice": "gAAAAAB…", "admin": "gAAAAAB…"}. The personas, with their
                  projects and roles, are in test/conformance/cases.ts. Cases of a persona without a token are left
                  out and counted.
  --answers FILE  a file that --record wrote, instead of this project's answers; the deployment needs the same rows
  --group NAME    only the cases of this group; may be given several times
  --keystone URL  the address the deployment names in www-authenticate; without it that header is not compared
  --help          this text

To record: BASE_URL is a real Nova, by the address that it writes into its links. Requests go out one by one as they
are; one that changes something does so.

  --record FILE   the requests, a line of JSON each; - is standard input:
                  {"id": "x-1", "group": "x", "persona": "alice", "method": "GET", "path": "/v2.1/os-x?limit=1",
                   "headers": {"OpenStack-API-Version": "compute 2.66"}, "body": null}
                  persona: one that has a token; null (no token), "empty" and "garbage" need none. Lines that were
                  recorded before may be given again.

The same lines with their answers go to standard output, in that order and in the form of test/conformance/*.jsonl
(test/conformance/README.md): {base} and {keystone} instead of addresses, long lists as digests, and no header that is
of the moment. Progress goes to standard error, tokens nowhere. When anything goes wrong, nothing is written. Without
--silent npm itself writes to standard output first.

Examples:

  npm run conformance -- http://127.0.0.1:8774 --tokens tokens.json --group paging --group paths
  npm run --silent conformance -- http://127.0.0.1:8774 --tokens tokens.json --record cases.jsonl > answers.jsonl

Exit code: 0 all answers are the recorded ones, or are recorded; 1 some differ; 2 wrong usage, or no answer.
`;

/** What is asked for. */
export interface Arguments {
  readonly baseUrl: string;
  readonly tokens: Tokens;
  readonly groups: readonly string[];
  readonly keystoneUrl: string | undefined;
  /** The file of answers to check against; undefined for those of this project. */
  readonly answers: string | undefined;
  /** The file of requests to record; undefined to check. */
  readonly record: string | undefined;
}

/**
 * @returns undefined for --help
 * @throws UsageError
 */
export function readArguments(): Arguments | undefined {
  const { values, positionals } = parsed();
  if (values.help) return undefined;
  const { group: groups = [], keystone: keystoneUrl, answers, record } = values;
  const [baseUrl, ...more] = positionals;
  if (baseUrl === undefined || more.length > 0) throw new UsageError('exactly one BASE_URL is needed');
  for (const url of [baseUrl, ...(keystoneUrl === undefined ? [] : [keystoneUrl])]) {
    if (!/^https?:\/\/[^/?#]+[^?#]*$/.test(url) || !URL.canParse(url)) {
      throw new UsageError(`not an http(s) address: ${url}`);
    }
  }
  if (record !== undefined && [...groups, keystoneUrl, answers].some((one) => one !== undefined)) {
    throw new UsageError('--answers, --group and --keystone cannot be combined with --record');
  }
  const tokens = values.tokens === undefined ? {} : readTokens(values.tokens);
  return { baseUrl, tokens, groups, keystoneUrl, answers, record };
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
    // The parser's own message quotes the text, tokens and all.
    throw new UsageError(`${file}: not JSON`);
  }
  if (!isRecord(content)) throw new UsageError(`${file}: expected a JSON object, persona -> token`);
  const wrong = Object.entries(content).find(([, token]) => typeof token !== 'string');
  if (wrong) throw new UsageError(`${file}: the token of ${wrong[0]} is not a string`);
  return content as Tokens;
}
