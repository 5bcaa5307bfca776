import { describe, expect, it } from '@jest/globals';
import { Enforcer, RulesError, type RuleTexts } from './enforcer.js';
import { PolicyTextError, readPolicyText } from './policy-text.js';
import { rulesInForce } from './rules-in-force.js';

/** Rules by name, of which each names the next one. */
function chain(length: number, last: string, link = (next: string): string => `rule:${next}`): RuleTexts {
  const rules = Array.from({ length }, (_, index) => [
    `r${index}`,
    index === length - 1 ? last : link(`r${index + 1}`),
  ]);
  return Object.fromEntries(rules) as RuleTexts;
}

/** What asking a rule comes to: the verdict, how often the target was looked at, and what was reported. */
function asked(rules: RuleTexts, name = 'r0') {
  const problems: string[] = [];
  const enforcer = new Enforcer(rules, (rule, problem) => problems.push(`${rule}: ${problem}`));
  let looks = 0;
  const target = new Proxy(
    { x: 'value' },
    {
      get(values, key) {
        looks += 1;
        return Reflect.get(values, key) as unknown;
      },
    },
  );
  const ask = (): boolean => enforcer.allows(name, target, { roles: [] });
  return { verdict: ask(), looks, problems, ask };
}

describe('rules that name each other', () => {
  it('rules that name each other in a chain of more than 50 are refused', () => {
    for (const length of [51, 20_000]) {
      expect(() => new Enforcer(chain(length, '@'))).toThrow(
        new RulesError(`the rules name each other in a chain of ${length}; 50 is the most`),
      );
    }
    expect(asked(chain(50, '@')).verdict).toBe(true);
    expect(asked(chain(50, '!')).verdict).toBe(false);
  });

  it('rules that form a circle are refused when it is too long, and deny when it is not', () => {
    expect(() => new Enforcer(chain(20_000, 'rule:r0'))).toThrow(RulesError);
    const { verdict, problems } = asked(chain(3, 'rule:r0'));
    expect(verdict).toBe(false);
    expect(problems.slice(0, 3).sort()).toEqual(
      ['r0', 'r1', 'r2'].map((name) => `${name}: the rule refers to itself, and denies there`),
    );
  });

  it('rules are reported as circular only if they are', () => {
    const rules = { a: 'rule:b', b: 'rule:c or rule:d', c: 'rule:b', d: 'rule:e', e: 'rule:e', f: '@' };
    const named = asked(rules, 'f').problems.map((problem) => problem[0]);
    expect(named.sort()).toEqual(['b', 'c', 'e']);
  });

  it.each([
    ['and denies', 'nobody:%(x)s', false],
    ['and allows', "'value':%(x)s", true],
  ])(
    'a rule is evaluated once in a decision, however many rules name it: of 40 that each name the next twice %s',
    (_what, last, allowed) => {
      for (const operator of ['or', 'and']) {
        const { verdict, looks } = asked(chain(40, last, (next) => `rule:${next} ${operator} rule:${next}`));
        expect({ operator, verdict, looks }).toEqual({ operator, verdict: allowed, looks: 1 });
      }
    },
  );

  it('a rule is evaluated again in the next decision', () => {
    const enforcer = new Enforcer({ a: 'rule:b or rule:b', b: 'user_id:%(user_id)s' });
    const verdicts = ['u', 'v', 'u'].map((user_id) => enforcer.allows('a', { user_id }, { user_id: 'u' }));
    expect(verdicts).toEqual([true, false, true]);
  });
});

describe('a decision', () => {
  it.each([
    ['checks', Array(100_000).fill('nobody:%(x)s').join(' or ')],
    ['values in one check', `nobody:${'%(x)s'.repeat(100_000)}`],
    ['checks of a list', Array(100_000).fill(['nobody:%(x)s'])],
  ])('a decision that would take 100,000 %s denies, and logs it once', (_what, rule) => {
    const { verdict, looks, problems, ask } = asked({ r0: rule });
    expect(verdict).toBe(false);
    expect(looks).toBeLessThanOrEqual(10_000);
    ask();
    expect(problems).toEqual(['r0: the rule fails and denies: it takes more than 10000 checks']);
  });

  it('a decision of thousands of checks is made', () => {
    expect(asked({ r0: `${'nobody:%(x)s or '.repeat(4_000)}@` }).verdict).toBe(true);
  });

  it.each(['%(x)900000000s', '%(x).900000000s', '%(n).900000000d', '%(n)0900000000d'])(
    'a decision that would make a text of a gigabyte denies: %s',
    (text) => {
      const problems: string[] = [];
      const enforcer = new Enforcer({ a: `nobody:${text}` }, (_name, problem) => problems.push(problem));
      expect(enforcer.allows('a', { x: 'value', n: 1 }, {})).toBe(false);
      expect(problems).toEqual(['the rule fails and denies: a width above 1000 is not supported']);
    },
  );
});

describe('a rule', () => {
  it.each([
    ['not (', ')'],
    ['@ and (', ')'],
    ['! or (', ')'],
  ])('a rule that nests 100,000 deep is refused, and not logged whole: %s', (open, close) => {
    const deep = (times: number): string => `${open.repeat(times)}@${close.repeat(times)}`;
    const { verdict, problems } = asked({ r0: deep(100_000) });
    expect(verdict).toBe(false);
    expect(problems).toEqual([
      expect.stringMatching(/^r0: the rule cannot be read and denies everybody: ".{200}…"$/),
    ]);
    expect(asked({ r0: deep(50) })).toMatchObject({ verdict: true, problems: [] });
    const name = 'os_compute_api:old';
    const defaults = [
      { name: 'new', rule: '@', description: '', deprecated: { name, rule: '@', since: '', reason: '' } },
    ];
    expect(rulesInForce(defaults, { [name]: deep(100_000) }).rules['new']).toBe(deep(100_000));
  });

  it('a rule may have any number of redundant parentheses and double negations', () => {
    expect(asked({ r0: `${'('.repeat(500_000)}@${')'.repeat(500_000)}` }).verdict).toBe(true);
    expect(asked({ r0: `${'not '.repeat(100_000)}@` }).verdict).toBe(true);
  });
});

describe('the text of a policy file', () => {
  it.each([
    ['lists', '"a": ' + '['.repeat(100_000)],
    ['maps', '{"a":'.repeat(100_000)],
    ['lists by indentation', Array.from({ length: 3_000 }, (_, depth) => `${' '.repeat(depth)}-`).join('\n')],
  ])('a policy file that nests too deep is refused in one line: %s', (_what, text) => {
    expect(() => readPolicyText(text)).toThrow(PolicyTextError);
  });

  it('a policy file may begin with a byte order mark', () => {
    expect(readPolicyText('\ufeff"a": "@"\n')).toEqual({ a: '@' });
    expect(readPolicyText('\ufeff{"a": "@"}')).toEqual({ a: '@' });
  });
});
