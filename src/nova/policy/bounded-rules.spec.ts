import { describe, expect, it } from '@jest/globals';
import { RulesError } from './named-rule.js';
import { RulesInForce, type RuleTexts } from './rules-in-force.js';
import { PolicyTextError, readPolicyText } from './read-policy-files.js';
import { overrideDefaults } from './override-defaults.js';

/** Rules by name, of which each names the next one. */
function chain(length: number, last: string, link = (next: string): string => `rule:${next}`): RuleTexts {
  const rules = Array.from({ length }, (_, index) => [
    `r${index}`,
    index === length - 1 ? last : link(`r${index + 1}`),
  ]);
  return Object.fromEntries(rules) as RuleTexts;
}

function reversed(rules: RuleTexts): RuleTexts {
  return Object.fromEntries(Object.entries(rules).reverse());
}

/** Asks a rule: the verdict, how often the target was read, and what was reported. */
function asked(rules: RuleTexts, name = 'r0') {
  const problems: string[] = [];
  const inForce = new RulesInForce(rules, [], (rule, problem) => problems.push(`${rule}: ${problem}`));
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
  const ask = (): boolean => inForce.decide(name, target, { roles: [] });
  return { verdict: ask(), looks, problems, ask };
}

describe('rules that name each other', () => {
  it('rules that name each other in a chain of more than 50 are refused', () => {
    for (const length of [51, 20_000]) {
      for (const rules of [chain(length, '@'), reversed(chain(length, '@'))]) {
        expect(() => new RulesInForce(rules)).toThrow(
          new RulesError('the rules name each other in a chain of more than 50'),
        );
      }
    }
    expect(asked(reversed(chain(50, '@'))).verdict).toBe(true);
    expect(asked(chain(50, '@')).verdict).toBe(true);
    expect(asked(chain(50, '!')).verdict).toBe(false);
  });

  it('rules that form a circle are refused when it is too long, and deny when it is not', () => {
    expect(() => new RulesInForce(chain(20_000, 'rule:r0'))).toThrow(RulesError);
    const { verdict, problems } = asked(chain(3, 'rule:r0'));
    expect(verdict).toBe(false);
    expect(problems[0]).toBe('r0: the rule refers to itself (r0 → r1 → r2 → r0), and denies there');
  });

  it('rules are reported as circular only if they are', () => {
    const rules = { a: 'rule:b', b: 'rule:c or rule:d', c: 'rule:b', d: 'rule:e', e: 'rule:e', f: '@' };
    expect(asked(rules, 'f').problems).toEqual([
      'b: the rule refers to itself (b → c → b), and denies there',
      'e: the rule refers to itself (e → e), and denies there',
    ]);
  });

  it('rules deny in a chain of more than 50 that only a circle makes so long', () => {
    const toHub = chain(40, 'rule:hub');
    const fromHub = Object.fromEntries(
      Array.from({ length: 49 }, (_, index) => [`h${index}`, index === 48 ? '@' : `rule:h${index + 1}`]),
    );
    expect(asked({ hub: 'rule:h0 or rule:r0', ...toHub, ...fromHub })).toMatchObject({
      verdict: false,
      problems: [
        expect.stringMatching(/^hub: the rule refers to itself /),
        'r0: the rule fails and denies: it asks more than 50 rules in a chain',
      ],
    });
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
    const inForce = new RulesInForce({ a: 'rule:b or rule:b', b: 'user_id:%(user_id)s' });
    const verdicts = ['u', 'v', 'u'].map((user_id) => inForce.decide('a', { user_id }, { user_id: 'u' }));
    expect(verdicts).toEqual([true, false, true]);
  });
});

describe('a decision', () => {
  it.each([
    ['checks', Array(20_000).fill('nobody:%(x)s').join(' or ')],
    ['checks of a list', Array(20_000).fill(['nobody:%(x)s'])],
  ])('a decision that would take 20,000 %s denies, and logs it once', (_what, rule) => {
    const { verdict, looks, problems, ask } = asked({ r0: rule });
    expect(verdict).toBe(false);
    expect(looks).toBeLessThanOrEqual(10_000);
    ask();
    expect(problems).toEqual(['r0: the rule fails and denies: it takes more than 10000 checks']);
  });

  it('a decision of thousands of checks is made', () => {
    expect(asked({ r0: `${'nobody:%(x)s or '.repeat(4_000)}@` }).verdict).toBe(true);
  });

  it('a decision counts the checks of all rules that it evaluates', () => {
    const rules = {
      r0: 'rule:r1 or rule:r2',
      r1: '! or '.repeat(6_000) + '!',
      r2: '! or '.repeat(6_000) + '@',
    };
    expect(asked(rules)).toMatchObject({
      verdict: false,
      problems: ['r0: the rule fails and denies: it takes more than 10000 checks'],
    });
    expect(asked(rules, 'r2').verdict).toBe(true);
  });
});

describe('a rule', () => {
  it.each([
    ['not (', ')'],
    ['@ and (', ')'],
    ['! or (', ')'],
  ])('a rule that nests 20,000 deep is refused, and not logged whole: %s', (open, close) => {
    const deep = (times: number): string => `${open.repeat(times)}@${close.repeat(times)}`;
    const { verdict, problems } = asked({ r0: deep(20_000) });
    expect(verdict).toBe(false);
    expect(problems).toEqual([
      expect.stringMatching(/^r0: the rule cannot be read and denies everybody: ".{200}…"$/),
    ]);
    expect(asked({ r0: deep(50) })).toMatchObject({ verdict: true, problems: [] });
    const name = 'os_compute_api:old';
    const defaults = [
      { name: 'new', rule: '@', description: '', deprecated: { name, rule: '@', since: '', reason: '' } },
    ];
    expect(overrideDefaults(defaults, { [name]: deep(20_000) }).rules['new']).toBe(deep(20_000));
  });

  it('a rule may have any number of redundant parentheses and double negations', () => {
    expect(asked({ r0: `${'('.repeat(100_000)}@${')'.repeat(100_000)}` }).verdict).toBe(true);
    expect(asked({ r0: `${'not '.repeat(20_000)}@` }).verdict).toBe(true);
  });
});

describe('the text of a policy file', () => {
  it.each([
    ['lists', '"a": ' + '['.repeat(20_000)],
    ['maps', '{"a":'.repeat(20_000)],
    ['lists by indentation', Array.from({ length: 3_000 }, (_, depth) => `${' '.repeat(depth)}-`).join('\n')],
  ])('a policy file that nests too deep is refused in one line: %s', (_what, text) => {
    expect(() => readPolicyText(text)).toThrow(PolicyTextError);
  });

  it('a policy file may begin with a byte order mark', () => {
    expect(readPolicyText('\ufeff"a": "@"\n')).toEqual({ a: '@' });
    expect(readPolicyText('\ufeff{"a": "@"}')).toEqual({ a: '@' });
  });
});
