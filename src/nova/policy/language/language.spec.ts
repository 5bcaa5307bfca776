import { describe, expect, it } from '@jest/globals';
import { type Credentials, type RuleText, Enforcer, type Target } from '../enforcer.js';

const caller: Credentials = {
  user_id: 'u1',
  project_id: 'p1',
  domain_id: null,
  system_scope: 'all',
  is_admin: false,
  roles: ['Member', 'reader'],
  quota: 1.5,
  token: { project: { id: 'p1' }, roles: [{ name: 'x' }, { name: 'y' }] },
};
const target: Target = {
  project_id: 'p1',
  user_id: 'u2',
  domain_id: null,
  flag: true,
  number: 7,
  half: 0.5,
  tiny: 1e-7,
  list: ['a', 1, "it's"],
  dict: { k: false },
  role: 'READER',
  'target.user.id': 'u1',
};

function allows(
  rule: RuleText,
  others: Readonly<Record<string, RuleText>> = {},
  credentials = caller,
): boolean {
  return new Enforcer({ ...others, asked: rule }).allows('asked', target, credentials);
}

function problemsOf(rules: Readonly<Record<string, RuleText>>): string[] {
  const problems: string[] = [];
  new Enforcer(rules, (name, problem) => problems.push(`${name}: ${problem}`));
  return problems;
}

describe('how a rule is put together', () => {
  it.each([
    ['', true],
    ['@', true],
    ['!', false],
    ['not !', true],
    ['NOT not @', true],
    ['@ or @ and !', true],
    ['(@ or @) and !', false],
    ['! and @ or @', true],
    ['not ! and !', false],
    ['not (! and !)', true],
    ['((@))', true],
    ['( @ And\n@ )', true],
    ['!\u00a0or\u3000@', true],
  ])('the rule %j means %j', (rule, verdict) => {
    expect(allows(rule)).toBe(verdict);
  });

  it.each([' ', '()', '@ @', '@ and', 'or @', '(@', '@)', 'not', '@ not @', 'not "quoted"', '"a":"b" or @'])(
    'the broken rule %j denies and is reported',
    (rule) => {
      expect(allows(rule)).toBe(false);
      expect(problemsOf({ asked: rule })).toContain(
        `asked: the rule cannot be read and denies everybody: "${rule}"`,
      );
    },
  );

  it('a word without a colon is a check that denies', () => {
    expect(allows('nonsense')).toBe(false);
    expect(allows('not nonsense')).toBe(true);
    expect(problemsOf({ asked: 'nonsense or @' })).toEqual(['asked: "nonsense" is no check and denies']);
  });

  it('quotes before a closing parenthesis are a part of the check', () => {
    expect(allows(`not 'a':'b'`)).toBe(false);
    expect(allows(`(not 'a':'b')`)).toBe(true);
  });

  it.each<[RuleText, boolean]>([
    [[], true],
    [[[]], false],
    [['!', '@'], true],
    [[['@', '!']], false],
    [[['!'], ['@', 'role:reader']], true],
    [['not @'], false],
    [['@ or @'], false],
  ])('the rule as a list %j means %j', (rule, verdict) => {
    expect(allows(rule)).toBe(verdict);
  });

  it('a rule may have parentheses of any depth', () => {
    expect(allows(`${'('.repeat(50_000)}@${')'.repeat(50_000)}`)).toBe(true);
  });
});

describe('checks', () => {
  it.each([
    ['role:member', true],
    ['role:MEMBER', true],
    ['role:admin', false],
    ['role:%(role)s', true],
    ['role:%(missing)s', false],
    ['is_admin:False', true],
    ['is_admin:true', false],
    ['is_admin:anything', true],
    ['project_id:%(project_id)s', true],
    ['user_id:%(user_id)s', false],
    ['user_id:%(target.user.id)s', true],
    ['user_id:%(missing)s', false],
    ['missing:%(user_id)s', false],
    ['not missing:%(user_id)s', true],
    ['domain_id:None', true],
    ['domain_id:%(domain_id)s', true],
    ['is_admin:%(flag)s', true],
    ['quota:1.5', true],
    ['system_scope:all', true],
    ['system:all', true],
    ['token.project.id:p1', true],
    ['token.roles.name:y', true],
    ['token.roles.name:z', false],
    ['roles:reader', true],
    ['roles:READER', false],
  ])('the check %s is %j', (rule, verdict) => {
    expect(allows(rule)).toBe(verdict);
  });

  it.each([
    [`'p1':%(project_id)s`, true],
    [`"p1":%(project_id)s`, true],
    [`p1:%(project_id)s`, false],
    ['True:%(flag)s', true],
    ['true:%(flag)s', false],
    ['None:%(domain_id)s', true],
    ['7:%(number)s', true],
    ['0x7:%(number)s', true],
    ['7.0:%(number)s', false],
    ['.5:%(half)s', true],
    ['1e-7:%(tiny)s', true],
    ['-7:-%(number)s', true],
    [`['a',1,"it's"]:%(list)s`, true],
    ['[(1,)]:[(1,)]', true],
    [`'a''b':ab`, true],
    [`'\\x41':A`, true],
    [`user-id:x`, false],
    [`not user-id:x`, true],
  ])('the left side %s of a check is %j', (rule, verdict) => {
    expect(allows(rule)).toBe(verdict);
  });

  it.each([
    [`'p1-7':%(project_id)s-%(number)d`, true],
    [`'100%':100%%`, true],
    [`'007':%(number)03d`, true],
    [`'+7':%(number)+d`, true],
    [`"'p1'":%(project_id)r`, true],
    [`'p':%(project_id).1s`, true],
  ])('the right side %s of a check is %j', (rule, verdict) => {
    expect(allows([rule])).toBe(verdict);
  });

  it.each([
    ':x',
    'class:x',
    '1a:x',
    'a.1:x',
    'token.project.id.x:y',
    'user_id:%(user_id)z',
    'user_id:%',
    'user_id:%(a',
  ])('a rule denies with the failing check %s, also behind a not', (rule) => {
    expect(allows(rule)).toBe(false);
    expect(allows(`not ${rule}`)).toBe(false);
    expect(allows(`@ or ${rule}`)).toBe(true);
  });

  it('a check does not send requests to other servers', () => {
    expect(allows('http://127.0.0.1/check')).toBe(false);
    expect(allows('not https://127.0.0.1/check')).toBe(false);
    expect(problemsOf({ asked: 'http://h/' })).toEqual([
      'asked: "http://h/" fails and denies: asking another server is not supported',
    ]);
  });

  it.each(['role:x', 'is_admin:False', 'roles:x', 'token.id:x'])(
    'the check %s denies to a caller without credentials',
    (rule) => {
      expect(allows(rule, {}, {})).toBe(false);
    },
  );

  it('a check finds only what was put into credentials and target', () => {
    for (const key of ['__proto__', 'constructor', 'toString', 'constructor.name']) {
      expect(allows(`${key}:Object`)).toBe(false);
      expect(allows(`None:%(${key})s`)).toBe(false);
    }
    const put: Credentials = JSON.parse('{"__proto__": {"id": "x"}}') as Credentials;
    expect(allows('__proto__.id:x', {}, put)).toBe(true);
  });
});

describe('rules that ask rules', () => {
  it('a rule evaluates other rules by their names', () => {
    expect(allows('rule:a', { a: 'rule:b', b: 'role:reader' })).toBe(true);
    expect(allows('not rule:a', { a: '@' })).toBe(false);
  });

  it('a rule denies for an unknown name, unless there is a rule named default', () => {
    expect(allows('rule:unknown')).toBe(false);
    expect(allows('not rule:__proto__')).toBe(true);
    expect(allows('rule:unknown', { default: '@' })).toBe(true);
    expect(new Enforcer({}).allows('constructor', target, caller)).toBe(false);
    expect(new Enforcer({ default: '@' }).allows('unknown', target, caller)).toBe(true);
    expect(problemsOf({ asked: 'rule:unknown' })).toEqual([
      'asked: there is no rule "unknown", so "rule:unknown" denies',
    ]);
  });

  it('a rule denies where a circle closes, and only there', () => {
    const circle = { a: 'role:reader or rule:b', b: 'rule:a', c: 'not rule:c' };
    expect(allows('rule:b', circle)).toBe(true);
    expect(allows('rule:b', circle, { roles: [] })).toBe(false);
    expect(allows('not rule:b', circle, { roles: [] })).toBe(false);
    expect(allows('rule:c', circle)).toBe(false);
    expect(problemsOf(circle)).toHaveLength(3);
  });

  it('a missing rule is_admin counts as a denial, but a rule without a name fails', () => {
    expect(allows('not rule:a', { a: 'is_admin:True' }, {})).toBe(true);
    expect(allows('not is_admin:True', {}, {})).toBe(false);
  });

  it('a rule that fails is reported once, and the other rules go on', () => {
    const problems: string[] = [];
    const rules = new Enforcer({ a: 'token.id.x:1 or @' }, (_name, problem) => problems.push(problem));
    for (let time = 0; time < 3; time += 1) expect(rules.allows('a', target, { token: 'text' })).toBe(false);
    expect(problems).toEqual(['the rule fails and denies: there is no token.id to look into']);
    expect(rules.allows('a', target, {})).toBe(true);
  });
});
