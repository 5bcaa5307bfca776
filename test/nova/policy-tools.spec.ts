import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { policies } from '../../src/instance-actions/instance-actions.policies.js';
import { BASE_RULES } from '../../src/nova/policy/base-rules.js';
import { readPolicyText } from '../../src/nova/policy/read-policy-files.js';
import { bundleInto } from '../support/process/bundled-program.js';
import { npmRun, type Outcome, run } from '../support/process/run.js';

const PROJECT = join(import.meta.dirname, '..', '..');
const LIST = policies.list.name;
const SHOW = policies.show.name;
const EVENTS = policies.events.name;
const DETAILS = policies.eventDetails.name;

let folder: string;
let tool: string;

/** Runs policy:check without npm and tsx, because these would need more time than the tool. */
function check(args: readonly string[] = [], input = ''): Promise<Outcome> {
  return run(process.execPath, [tool, ...args], { input });
}

beforeAll(async () => {
  // The bundle finds the installed packages, because it is inside the project.
  folder = await mkdtemp(join(PROJECT, 'node_modules', '.policy-tools-'));
  tool = await bundleInto(folder, join(PROJECT, 'scripts', 'policy-check.ts'));
});

afterAll(() => rm(folder, { recursive: true }));

async function fileOf(content: string): Promise<string> {
  const path = join(folder, 'policy.yaml');
  await writeFile(path, content);
  return path;
}

describe('policy:sample', () => {
  let sample: string;

  beforeAll(async () => {
    const { code, out, err } = await npmRun('policy:sample', []);
    expect([code, err]).toEqual([0, '']);
    sample = out;
  });

  it('the output of policy:sample contains only comments and defines no rule', () => {
    expect(readPolicyText(sample)).toEqual({});
    expect(sample).toMatch(/^(#.*\n|\n)+$/);
  });

  it('the output of policy:sample, when uncommented, contains the default of every rule', () => {
    const defaults = [...BASE_RULES, ...Object.values(policies)].map(
      ({ name, rule }) => [name, rule] as const,
    );
    expect(readPolicyText(sample.replaceAll(/^#(?=")/gm, ''))).toMatchObject(Object.fromEntries(defaults));
  });

  it('the output of policy:sample describes a policy with its routes, token scopes and deprecated name', () => {
    expect(sample).toContain(
      [
        '# List the actions on a server.',
        '# GET  /servers/{server_id}/os-instance-actions',
        '# For tokens of the scope: project',
        '# Deprecated name, since Nova 21.0.0: "os_compute_api:os-instance-actions": "rule:admin_or_owner".',
        '# The roles reader, member, manager and admin replaced "administrator or owner".',
        `#"${LIST}": "rule:project_reader_or_admin"\n`,
      ].join('\n'),
    );
  });
});

describe('policy:check with a file of cases', () => {
  const CASES = join(PROJECT, 'test', 'conformance', 'rules.jsonl');

  it('policy:check with a file of cases prints the same verdicts as oslo.policy', async () => {
    const expected = (await readFile(CASES, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => ({ allowed: (JSON.parse(line) as { allowed: unknown }).allowed === true }));
    expect(expected).toHaveLength(400);
    const { code, out, err } = await check([CASES]);
    expect([code, err]).toEqual([0, '']);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(expected);
  });

  it('policy:check with a file of cases prints a denial and the reason for an invalid line, and continues', async () => {
    const valid = { rules: { a: '@' }, name: 'a', creds: {}, target: {} };
    const lines = [
      valid,
      '{"rules": ',
      '',
      { ...valid, name: 7 },
      { ...valid, rules: null },
      { ...valid, creds: [] },
      valid,
    ].map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
    const { code, out, err } = await check(['-'], `${lines.join('\n')}\n`);
    const no = '{"allowed":false}\n';
    expect(out).toBe(`{"allowed":true}\n${no.repeat(5)}{"allowed":true}\n`);
    expect(err.match(/^line \d+: .+$/gm)?.map((line) => line.slice(0, 7))).toEqual(
      [2, 3, 4, 5, 6].map((number) => `line ${number}:`),
    );
    expect(code).toBe(0);
  });
});

describe('policy:check with a caller', () => {
  const verdicts = (passed: readonly string[]): string[] =>
    [EVENTS, DETAILS, LIST, SHOW].map((name) => `${passed.includes(name) ? 'passed' : 'failed'}: ${name}`);
  /** Returns the lines about the policies of instance actions. The tool also prints the policies of other modules. */
  const ofInstanceActions = (out: string): string[] =>
    out.split('\n').filter((line) => line.includes(': os_compute_api:os-instance-actions:'));

  it.each<[string, string[], string, string[]]>([
    ['a reader of the project', ['--roles', 'reader', '--project', 'X'], '', [LIST, SHOW]],
    [
      'a reader of another project',
      ['--roles', 'member,reader', '--project', 'X', '--target-project', 'Y'],
      '',
      [],
    ],
    [
      'an administrator',
      ['--roles', 'admin', '--project', 'X', '--target-project', 'Y'],
      '',
      [LIST, SHOW, EVENTS, DETAILS],
    ],
    ['an administrator with a token for the system', ['--roles', 'admin', '--system', 'all'], '', []],
    ['a caller without a project', ['--roles', 'reader'], '', []],
    [
      'an auditor under a policy file',
      ['--roles', 'auditor', '--project', 'X'],
      `"${DETAILS}": "role:auditor"\n"os_compute_api:os-instance-actions": "role:auditor"\n"${LIST}": "!"\n`,
      [SHOW, DETAILS],
    ],
    [
      'one user under a policy file',
      ['--user', 'U', '--project', 'X'],
      `{"${LIST}": "user_id:U", "${SHOW}": "user_id:V"}`,
      [LIST],
    ],
  ])('policy:check shows the policies that allow %s', async (_who, args, content, passed) => {
    const { code, out } = await check(['--file', await fileOf(content), ...args]);
    expect([code, ofInstanceActions(out)]).toEqual([0, verdicts(passed)]);
  });

  it('policy:check decides one rule, which may be a base rule, and reports the problems of the file', async () => {
    const file = await fileOf('mine: "role:reader and rule:none"\nold: "not 1.5:%(a)s"\n');
    const caller = ['--file', file, '--roles', 'reader', '--project', 'X', '--rule'];
    expect(await check([...caller, 'project_reader_api'])).toMatchObject({
      out: 'passed: project_reader_api\n',
      err: [
        '"mine": this service has no such rule',
        '"old": this service has no such rule',
        '"mine": there is no rule "none", so "rule:none" denies',
        '"old": the rule fails and denies: "1.5:%(a)s" is not supported: the left side of ":" must be a credential, ' +
          'quoted text, digits, None, True or False\n',
      ].join('\n'),
    });
    expect((await check([...caller, 'mine'])).out).toBe('failed: mine\n');
    const { out, err } = await check([...caller, 'nonsense']);
    expect(out).toBe('failed: nonsense\n');
    expect(err).toContain('"nonsense": there is no such rule');
  });

  it.each([
    ['a call without arguments', [], /^give either/],
    ['an unknown option', ['--role', 'x'], /Unknown option '--role'/],
    ['a file of cases together with options', ['x.jsonl', '--roles', 'reader'], /^give either/],
    ['a policy file that does not exist', ['--file', '/nowhere/policy.yaml'], /^ENOENT/],
    ['a file of cases that does not exist', ['/nowhere/cases.jsonl'], /^ENOENT/],
    ['a system other than all', ['--system', 'some'], /^--system can only be all/],
    ['a project together with a system', ['--system', 'all', '--project', 'X'], /not for both/],
  ])('policy:check rejects %s', async (_what, args, message) => {
    const { code, out, err } = await check(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });

  it('policy:check rejects an invalid policy file with a one-line message', async () => {
    const { code, err } = await check(['--file', await fileOf('- a\n')]);
    expect(code).toBe(2);
    expect(err).toMatch(/^\S+policy\.yaml is not a valid policy file: it must map names to rules[^\n]*\n$/);
  });

  it('policy:check rejects rules that form too long a chain with a one-line message', async () => {
    const rules = Array.from({ length: 20_000 }, (_, index) => `r${index}: "rule:r${index + 1}"\n`);
    const { code, out, err } = await check(['--file', await fileOf(rules.join('')), '--roles', 'x']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^\S+policy\.yaml: the rules refer to each other in a chain of more than 50\n$/);
  });

  it('policy:check explains its options with --help', async () => {
    const { code, out } = await npmRun('policy:check', ['--help']);
    expect(code).toBe(0);
    expect(out).toContain('--target-project ID');
  });
});
