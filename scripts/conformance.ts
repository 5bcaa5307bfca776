import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadCases } from '../test/conformance/cases.js';
import type { ConformanceCase } from '../test/conformance/cases.js';
import { canBeAsked, printReport, replay } from '../test/conformance/replay.js';

const HELP = `Checks a running deployment against what a real Nova answered.

  tsx scripts/conformance.ts BASE_URL [--tokens tokens.json] [--group NAME]... [--keystone URL]

The database of the deployment must hold the rows of test/conformance/fixture.json (without those of the label
"unmapped" where everything is in one database) and nothing else for those servers; max_limit must be 1000. It is
meant for a deployment set up for this check: no request changes anything, but another database gives other answers.

  --tokens FILE   JSON, persona -> token: {"alice": "gAAAAAB…", "admin": "gAAAAAB…"}. The personas, with their
                  projects and roles, are in test/conformance/cases.ts. Cases of a persona without a token are left
                  out and counted.
  --group NAME    only the cases of this group; may be given several times
  --keystone URL  the address the deployment names in www-authenticate; without it that header is not compared
  --help          this text

Example:

  npx tsx scripts/conformance.ts http://127.0.0.1:8774 --tokens tokens.json --group paging --group paths

Exit code: 0 all answers are the recorded ones, 1 some differ, 2 wrong usage or nothing answers at BASE_URL.
`;

interface Arguments {
  readonly baseUrl: string;
  readonly tokens: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
  readonly keystoneUrl: string | undefined;
}

/** Something the user has to put right. */
class UsageError extends Error {}

function readArguments(): Arguments | undefined {
  const { values, positionals } = parsed();
  if (values.help) return undefined;
  const [baseUrl, ...more] = positionals;
  if (baseUrl === undefined || more.length > 0) throw new UsageError('exactly one BASE_URL is needed');
  for (const url of [baseUrl, ...(values.keystone === undefined ? [] : [values.keystone])]) {
    if (!/^https?:\/\/[^/?#]+[^?#]*$/.test(url) || !URL.canParse(url)) {
      throw new UsageError(`not an http(s) address: ${url}`);
    }
  }
  const tokens = values.tokens === undefined ? {} : readTokens(values.tokens);
  return { baseUrl, tokens, groups: values.group ?? [], keystoneUrl: values.keystone };
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        tokens: { type: 'string' },
        group: { type: 'string', multiple: true },
        keystone: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readTokens(file: string): Record<string, string> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new UsageError(`${file}: expected a JSON object, persona -> token`);
  }
  const entries: [string, unknown][] = Object.entries(content);
  const wrong = entries.find(([, token]) => typeof token !== 'string');
  if (wrong) throw new UsageError(`${file}: the token of ${wrong[0]} is not a string`);
  return content as Record<string, string>;
}

function select(groups: readonly string[]): ConformanceCase[] {
  const all = loadCases('answers.jsonl');
  const known = new Set(all.map(({ group }) => group));
  const unknown = groups.find((group) => !known.has(group));
  if (unknown !== undefined) {
    throw new UsageError(`no group ${unknown}; the groups are ${[...known].join(', ')}`);
  }
  return groups.length === 0 ? all : all.filter(({ group }) => groups.includes(group));
}

function printLeftOut(leftOut: readonly ConformanceCase[]): void {
  if (leftOut.length === 0) return;
  const who = [...new Set(leftOut.map(({ persona }) => persona))].join(', ');
  process.stdout.write(`left out for want of a token: ${leftOut.length} cases of ${who}\n`);
}

async function main(): Promise<number> {
  const given = readArguments();
  if (!given) {
    process.stdout.write(HELP);
    return 0;
  }
  const cases = select(given.groups);
  const asked = cases.filter((one) => canBeAsked(one, given.tokens));
  const report = await replay(asked, given);
  printReport(report);
  printLeftOut(cases.filter((one) => !asked.includes(one)));
  return report.same === report.asked ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = 2;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${HELP}`);
}
