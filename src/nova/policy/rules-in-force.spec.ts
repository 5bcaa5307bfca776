import { describe, expect, it } from '@jest/globals';
import { type Credentials, RulesInForce, type RuleText, type Target } from './rules-in-force.js';

const caller: Credentials = {
  user_id: 'u1',
  project_id: 'p1',
  domain_id: null,
  system_scope: 'all',
  is_admin: false,
  roles: ['Member', 'reader'],
  quota: 3,
  token: { project: { id: 'p1' }, roles: [{ name: 'x' }, { name: 'y' }] },
};
const target: Target = {
  project_id: 'p1',
  user_id: 'u2',
  domain_id: null,
  flag: true,
  number: 7,
  half: 0.5,
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
  return new RulesInForce({ ...others, main: rule }).decide('main', target, credentials);
}

function problemsOf(rules: Readonly<Record<string, RuleText>>): string[] {
  const problems: string[] = [];
  new RulesInForce(rules, [], (name, problem) => problems.push(`${name}: ${problem}`));
  return problems;
}

describe('a policy rule with checks and operators', () => {
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
  ])('the policy rule %j allows the caller: %j', (rule, verdict) => {
    expect(allows(rule)).toBe(verdict);
  });

  it.each([' ', '()', '@ @', '@ and', 'or @', '(@', '@)', 'not', '@ not @'])(
    'a policy rule that cannot be parsed denies every caller and is reported: %j',
    (rule) => {
      expect(allows(rule)).toBe(false);
      expect(problemsOf({ main: rule })).toContain(
        `main: the service cannot parse the rule, so it denies all callers: "${rule}"`,
      );
    },
  );

  it('a policy rule that is a word without a colon denies the caller and is reported', () => {
    expect(allows('nonsense')).toBe(false);
    expect(allows('not nonsense')).toBe(true);
    expect(problemsOf({ main: 'nonsense or @' })).toEqual(['main: "nonsense" is not a check, so it denies']);
  });

  it.each<[RuleText, boolean]>([
    [[], true],
    [[[]], false],
    [['!', '@'], true],
    [[['@', '!']], false],
    [[['!'], ['@', 'role:reader']], true],
    [['not @'], false],
    [['@ or @'], false],
  ])('the policy rule %j, written as a list, allows the caller: %j', (rule, verdict) => {
    expect(allows(rule)).toBe(verdict);
  });

  it('a policy rule may have 50,000 nested parentheses', () => {
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
    ['quota:3', true],
    ['system_scope:all', true],
    ['system:all', true],
    ['token.project.id:p1', true],
    ['token.roles.name:y', true],
    ['token.roles.name:z', false],
    ['roles:reader', true],
    ['roles:READER', false],
  ])('the check %s allows the caller: %j', (rule, verdict) => {
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
    ['8:%(number)s', false],
    ['0:0', true],
    [`"it's":it's`, true],
    [`'':%(role)s`, false],
    ['user_id:%(target.user.id)s', true],
    ['user_id:%()s', false],
  ])(
    'the check %s, which contains a literal or a key of the target, allows the caller: %j',
    (rule, verdict) => {
      expect(allows(rule)).toBe(verdict);
      expect(allows(`not ${rule}`)).toBe(!verdict);
    },
  );

  it.each(['role:x', 'is_admin:False', 'roles:x', 'token.id:x'])(
    'the check %s denies a caller without credentials',
    (rule) => {
      expect(allows(rule, {}, {})).toBe(false);
    },
  );

  it('a check does not read inherited properties of credentials and target, such as constructor', () => {
    for (const key of ['__proto__', 'constructor', 'toString', 'constructor.name']) {
      expect(allows(`${key}:Object`)).toBe(false);
      expect(allows(`None:%(${key})s`)).toBe(false);
    }
    const put: Credentials = JSON.parse('{"__proto__": {"id": "x"}}') as Credentials;
    expect(allows('__proto__.id:x', {}, put)).toBe(true);
  });
});

const LEFT = 'the left side of ":" must be a credential, quoted text, digits, None, True or False';
const RIGHT = 'the right side of ":" may contain "%" only as "%(key)s" alone';

describe('a check that is not supported', () => {
  it.each<[check: string, reason: string]>([
    // The left sides are Python literals that oslo.policy evaluates. oslo.policy would allow all of these checks for
    // this target.
    ['0.5:%(half)s', LEFT],
    ['0x7:%(number)s', LEFT],
    ['-7:-7', LEFT],
    ['007:7', LEFT],
    ['1_0:10', LEFT],
    [`u'p1':%(project_id)s`, LEFT],
    [`b'p1':%(project_id)s`, LEFT],
    [`'p''1':%(project_id)s`, LEFT],
    [String.raw`'\x70\x31':%(project_id)s`, LEFT],
    ['[7]:[7]', LEFT],
    [`['a',1]:%(list)s`, LEFT],
    ['...:Ellipsis', LEFT],
    // The left sides are names that oslo.policy looks up in the credentials, or texts that are not valid Python.
    ['user-id:x', LEFT],
    ['ünser:x', LEFT],
    [':x', LEFT],
    ['1a:x', LEFT],
    ['a.1:x', LEFT],
    ['a..b:x', LEFT],
    ['class:x', LEFT],
    ['token.is:x', LEFT],
    // The right sides contain other formats of Python's operator % than `%(key)s`.
    [`'007':%(number)03d`, RIGHT],
    ['7:%(number)d', RIGHT],
    [`"'p1'":%(project_id)r`, RIGHT],
    ['role:%(role).3s', RIGHT],
    [`'p1-7':%(project_id)s-%(number)s`, RIGHT],
    ['user_id:x-%(user_id)s', RIGHT],
    [`'100%':100%%`, RIGHT],
    ['role:100%', RIGHT],
    ['user_id:%(user_id)z', RIGHT],
    ['user_id:%(a', RIGHT],
    ['user_id:%((a))s', RIGHT],
    ['user_id:%s', RIGHT],
    // For a check with a URL, oslo.policy sends a request to that URL. It reads a text in quotes as one token.
    ['http://127.0.0.1/check', 'it sends a request to another server'],
    ['https://127.0.0.1/%(number)s', 'it sends a request to another server'],
    [`'a':'b'`, 'it begins and ends with a quote'],
    ['"quoted"', 'it begins and ends with a quote'],
  ])(
    'a rule with an unsupported check denies the caller, even with "not" before the check or "or @" after it, and is reported once: %s',
    (check, reason) => {
      for (const rule of [check, `not ${check}`, `@ or ${check}`, `not (! and ${check})`, [['@'], [check]]]) {
        expect(allows(rule)).toBe(false);
        expect(allows('not rule:other', { other: rule })).toBe(false);
        expect(allows('rule:other or @', { other: rule })).toBe(false);
        const problems: string[] = [];
        const rules = new RulesInForce({ main: rule }, [], (_name, problem) => problems.push(problem));
        expect([rules.decide('main', target, caller), rules.decide('main', {}, {})]).toEqual([false, false]);
        expect(problems).toEqual([`the rule fails and denies: "${check}" is not supported: ${reason}`]);
      }
      expect(allows('@ or rule:other', { other: check })).toBe(true);
    },
  );

  it.each(['%(half)s', '%(list)s', '%(dict)s'])(
    'a check that needs a fraction, a list or an object of the target denies the caller, and "not" does not reverse this: %s',
    (right) => {
      expect(allows(`user_id:${right}`)).toBe(false);
      expect(allows(`not user_id:${right}`)).toBe(false);
      expect(problemsOf({ main: `user_id:${right}` })).toEqual([]);
    },
  );

  it('a check denies the caller if the credential is an object or the roles are not a list of strings, and "not" does not reverse this', () => {
    for (const rule of ['token:x', 'token.project:x']) {
      expect([allows(rule), allows(`not ${rule}`)]).toEqual([false, false]);
    }
    for (const roles of ['admin', null, ['admin', 7], { admin: true }]) {
      expect(allows('role:admin', {}, { roles })).toBe(false);
      expect(allows('not role:x', {}, { roles })).toBe(false);
    }
  });

  it('the report on an unsupported check shows the first 200 characters of the check', () => {
    expect(problemsOf({ main: `user_id:${'%'.repeat(100_000)}` })).toEqual([
      `main: the rule fails and denies: "user_id:${'%'.repeat(192)}…" is not supported: ${RIGHT}`,
    ]);
  });
});

describe('policy rules that refer to other rules', () => {
  it('a policy rule can refer to other rules by name', () => {
    expect(allows('rule:a', { a: 'rule:b', b: 'role:reader' })).toBe(true);
    expect(allows('not rule:a', { a: '@' })).toBe(false);
  });

  it('a reference to an unknown rule denies the caller, except if a rule named default exists', () => {
    expect(allows('rule:unknown')).toBe(false);
    expect(allows('not rule:__proto__')).toBe(true);
    expect(allows('rule:unknown', { default: '@' })).toBe(true);
    expect(new RulesInForce({}).decide('constructor', target, caller)).toBe(false);
    expect(new RulesInForce({ default: '@' }).decide('unknown', target, caller)).toBe(true);
    expect(problemsOf({ main: 'rule:unknown' })).toEqual([
      'main: there is no rule "unknown", so "rule:unknown" denies',
    ]);
  });

  it('a policy rule that refers to itself denies the caller only at the point where the circle closes', () => {
    const circle = { a: 'role:reader or rule:b', b: 'rule:a', c: 'not rule:c' };
    expect(allows('rule:b', circle)).toBe(true);
    expect(allows('rule:b', circle, { roles: [] })).toBe(false);
    expect(allows('not rule:b', circle, { roles: [] })).toBe(false);
    expect(allows('rule:c', circle)).toBe(false);
    expect(problemsOf(circle)).toEqual([
      'a: the rule refers to itself (a → b → a) and denies at that point',
      'c: the rule refers to itself (c → c) and denies at that point',
    ]);
  });

  it('a check of is_admin denies the caller if the credentials lack is_admin, and "not" does not reverse this', () => {
    expect(allows('not rule:a', { a: 'is_admin:True' }, {})).toBe(false);
    expect(allows('not is_admin:True', {}, {})).toBe(false);
  });

  it('a policy rule that fails is reported once, and decides normally when it no longer fails', () => {
    const problems: string[] = [];
    const rules = new RulesInForce({ a: 'token.id.x:1 or @' }, [], (_name, problem) =>
      problems.push(problem),
    );
    for (let time = 0; time < 3; time += 1) expect(rules.decide('a', target, { token: 'text' })).toBe(false);
    expect(problems).toEqual([
      'the rule fails and denies: the credential token is not an object, so it has no key id',
    ]);
    expect(rules.decide('a', target, {})).toBe(true);
  });
});
