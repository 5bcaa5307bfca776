import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { policies } from '../../src/instance-actions/instance-actions.policies.js';
import { BASE_RULES } from '../../src/nova/policy/base-rules.js';
import { readPolicyText } from '../../src/nova/policy/read-policy-files.js';
import { npmRun, type Outcome, run } from '../support/process/run.js';

const PROJECT = join(import.meta.dirname, '..', '..');
const LIST = policies.list.name;
const SHOW = policies.show.name;
const EVENTS = policies.events.name;
const DETAILS = policies.eventDetails.name;

/** Runs `npm run policy:check`, without npm, which takes longer than the tool. */
function check(args: readonly string[] = [], input = ''): Promise<Outcome> {
  return run(process.execPath, ['--import', 'tsx', 'scripts/policy-check.ts', ...args], { input });
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'policy-tools-'));
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

  it('the output of policy:sample changes nothing as it is printed', () => {
    expect(readPolicyText(sample)).toEqual({});
    expect(sample).toMatch(/^(#.*\n|\n)+$/);
  });

  it('the output of policy:sample holds every rule with its default, ready to be uncommented', () => {
    const defaults = [...BASE_RULES, ...Object.values(policies)].map(
      ({ name, rule }) => [name, rule] as const,
    );
    expect(readPolicyText(sample.replaceAll(/^#(?=")/gm, ''))).toMatchObject(Object.fromEntries(defaults));
  });

  it('the output of policy:sample says of every policy what it is for, where, and with which tokens', () => {
    expect(sample).toContain(
      [
        '# List the actions on a server.',
        '# GET  /servers/{server_id}/os-instance-actions',
        '# For tokens of the scope: project',
        '# Deprecated name, since Nova 21.0.0: "os_compute_api:os-instance-actions": "rule:admin_or_owner".',
        '# The roles reader, member, manager and admin took the place of "administrator or owner".',
        `#"${LIST}": "rule:project_reader_or_admin"\n`,
      ].join('\n'),
    );
  });
});

describe('policy:check with a file of questions', () => {
  const QUESTIONS = join(PROJECT, 'test', 'conformance', 'rules.jsonl');

  it("policy:check with a file of questions gives oslo.policy's verdicts", async () => {
    const expected = (await readFile(QUESTIONS, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => ({ allowed: (JSON.parse(line) as { allowed: unknown }).allowed === true }));
    expect(expected).toHaveLength(400);
    const { code, out, err } = await check([QUESTIONS]);
    expect([code, err]).toEqual([0, '']);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(expected);
  });

  it('policy:check denies an invalid question, says why, and goes on', async () => {
    const question = { rules: { a: '@' }, name: 'a', creds: {}, target: {} };
    const lines = [
      question,
      '{"rules": ',
      '',
      { ...question, name: 7 },
      { ...question, rules: null },
      { ...question, creds: [] },
      question,
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
  /** Other modules have policies too, and are told of likewise. */
  const ofThisModule = (out: string): string[] =>
    out.split('\n').filter((line) => line.includes(': os_compute_api:os-instance-actions:'));

  it.each<[string, string[], string, string[]]>([
    ['a reader of the project', ['--roles', 'reader', '--project', 'X'], '', [LIST, SHOW]],
    ['a reader of another', ['--roles', 'member,reader', '--project', 'X', '--target-project', 'Y'], '', []],
    [
      'an administrator',
      ['--roles', 'admin', '--project', 'X', '--target-project', 'Y'],
      '',
      [LIST, SHOW, EVENTS, DETAILS],
    ],
    ['an administrator of the system', ['--roles', 'admin', '--system', 'all'], '', []],
    ['nobody in particular', ['--roles', 'reader'], '', []],
    [
      'an auditor, by a file',
      ['--roles', 'auditor', '--project', 'X'],
      `"${DETAILS}": "role:auditor"\n"os_compute_api:os-instance-actions": "role:auditor"\n"${LIST}": "!"\n`,
      [SHOW, DETAILS],
    ],
    [
      'one user, by a file',
      ['--user', 'U', '--project', 'X'],
      `{"${LIST}": "user_id:U", "${SHOW}": "user_id:V"}`,
      [LIST],
    ],
  ])('policy:check says what %s may do', async (_who, args, content, passed) => {
    const { code, out } = await check(['--file', await fileOf(content), ...args]);
    expect([code, ofThisModule(out)]).toEqual([0, verdicts(passed)]);
  });

  it('policy:check explains one rule, a policy or not, and reports the problems of the file', async () => {
    const file = await fileOf('mine: "role:reader and rule:none"\nold: "not 1.5:%(a)s"\n');
    const caller = ['--file', file, '--roles', 'reader', '--project', 'X', '--rule'];
    expect(await check([...caller, 'project_reader_api'])).toMatchObject({
      out: 'passed: project_reader_api\n',
      err: [
        '"mine": this service has no such rule',
        '"old": this service has no such rule',
        '"mine": there is no rule "none", so "rule:none" denies',
        '"old": the rule fails and denies: "1.5:%(a)s" is not supported: left of ":" only a credential, quoted text, ' +
          'digits, None, True or False may stand\n',
      ].join('\n'),
    });
    expect((await check([...caller, 'mine'])).out).toBe('failed: mine\n');
    const { out, err } = await check([...caller, 'nonsense']);
    expect(out).toBe('failed: nonsense\n');
    expect(err).toContain('"nonsense": there is no such rule');
  });

  it.each([
    ['nothing to do', [], /^give either/],
    ['an unknown option', ['--role', 'x'], /Unknown option '--role'/],
    ['two ways at once', ['x.jsonl', '--roles', 'reader'], /^give either/],
    ['a file that is not there', ['--file', '/nowhere/policy.yaml'], /^ENOENT/],
    ['questions that are not there', ['/nowhere/questions.jsonl'], /^ENOENT/],
    ['another system', ['--system', 'some'], /^--system can only be all/],
    ['two scopes', ['--system', 'all', '--project', 'X'], /not for both/],
  ])('policy:check refuses %s', async (_what, args, message) => {
    const { code, out, err } = await check(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });

  it('policy:check refuses a bad file in one line', async () => {
    const { code, err } = await check(['--file', await fileOf('- a\n')]);
    expect(code).toBe(2);
    expect(err).toMatch(/^\S+policy\.yaml is no policy file: it must hold rules by name[^\n]*\n$/);
  });

  it('policy:check refuses rules in too long a chain, in one line', async () => {
    const rules = Array.from({ length: 20_000 }, (_, index) => `r${index}: "rule:r${index + 1}"\n`);
    const { code, out, err } = await check(['--file', await fileOf(rules.join('')), '--roles', 'x']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^\S+policy\.yaml: the rules name each other in a chain of more than 50\n$/);
  });

  it('policy:check explains its options', async () => {
    const { code, out } = await npmRun('policy:check', ['--help']);
    expect(code).toBe(0);
    expect(out).toContain('--target-project ID');
  });
});
