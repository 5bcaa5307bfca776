import { describe, expect, it } from '@jest/globals';
import { RulesError } from './named-rule.js';
import { RulesInForce, type RuleTexts } from './rules-in-force.js';
import { PolicyTextError, readPolicyText } from './read-policy-files.js';
import { overrideDefaults } from './override-defaults.js';

/** Returns a chain of rules: each rule refers to the next one. */
function chain(length: number, last: string, linkTo = (next: string): string => `rule:${next}`): RuleTexts {
  const rules = Array.from({ length }, (_, index) => [
    `r${index}`,
    index === length - 1 ? last : linkTo(`r${index + 1}`),
  ]);
  return Object.fromEntries(rules) as RuleTexts;
}

function reversed(rules: RuleTexts): RuleTexts {
  return Object.fromEntries(Object.entries(rules).reverse());
}

/**
 * Evaluates a rule.
 *
 * @returns the verdict, the number of reads of the target, the reported problems, and a function that evaluates the
 *   rule again
 */
function decision(rules: RuleTexts, name = 'r0') {
  const problems: string[] = [];
  const inForce = new RulesInForce(rules, [], (rule, problem) => problems.push(`${rule}: ${problem}`));
  let reads = 0;
  const target = new Proxy(
    { x: 'value' },
    {
      get(values, key) {
        reads += 1;
        return Reflect.get(values, key) as unknown;
      },
    },
  );
  const decide = (): boolean => inForce.decide(name, target, { roles: [] });
  return { verdict: decide(), reads, problems, decide };
}

describe('policy rules that refer to each other', () => {
  it('policy rules that refer to each other in a chain of more than 50 rules are rejected', () => {
    for (const length of [51, 20_000]) {
      for (const rules of [chain(length, '@'), reversed(chain(length, '@'))]) {
        expect(() => new RulesInForce(rules)).toThrow(
          new RulesError('the rules refer to each other in a chain of more than 50'),
        );
      }
    }
    expect(decision(reversed(chain(50, '@'))).verdict).toBe(true);
    expect(decision(chain(50, '@')).verdict).toBe(true);
    expect(decision(chain(50, '!')).verdict).toBe(false);
  });

  it('a policy with a circle of 20,000 rules is rejected; a rule in a circle of 3 rules denies the caller', () => {
    expect(() => new RulesInForce(chain(20_000, 'rule:r0'))).toThrow(RulesError);
    const { verdict, problems } = decision(chain(3, 'rule:r0'));
    expect(verdict).toBe(false);
    expect(problems[0]).toBe('r0: the rule refers to itself (r0 → r1 → r2 → r0) and denies at that point');
  });

  it('of the policy rules, only those in a circle of references are reported as circular', () => {
    const rules = { a: 'rule:b', b: 'rule:c or rule:d', c: 'rule:b', d: 'rule:e', e: 'rule:e', f: '@' };
    expect(decision(rules, 'f').problems).toEqual([
      'b: the rule refers to itself (b → c → b) and denies at that point',
      'e: the rule refers to itself (e → e) and denies at that point',
    ]);
  });

  it('a policy rule denies the caller if the chain of its references is longer than 50 only because of a circle', () => {
    const toHub = chain(40, 'rule:hub');
    const fromHub = Object.fromEntries(
      Array.from({ length: 49 }, (_, index) => [`h${index}`, index === 48 ? '@' : `rule:h${index + 1}`]),
    );
    expect(decision({ hub: 'rule:h0 or rule:r0', ...toHub, ...fromHub })).toMatchObject({
      verdict: false,
      problems: [
        expect.stringMatching(/^hub: the rule refers to itself /),
        'r0: the rule fails and denies: it refers to more than 50 rules in a chain',
      ],
    });
  });

  it.each([
    ['denies', 'nobody:%(x)s', false],
    ['allows', "'value':%(x)s", true],
  ])(
    'a policy rule that %s is evaluated once in a decision, although each of 40 rules refers to the next one twice',
    (_what, last, allowed) => {
      for (const operator of ['or', 'and']) {
        const { verdict, reads } = decision(
          chain(40, last, (next) => `rule:${next} ${operator} rule:${next}`),
        );
        expect({ operator, verdict, reads }).toEqual({ operator, verdict: allowed, reads: 1 });
      }
    },
  );

  it('a policy rule is evaluated again in the next policy decision', () => {
    const inForce = new RulesInForce({ a: 'rule:b or rule:b', b: 'user_id:%(user_id)s' });
    const verdicts = ['u', 'v', 'u'].map((user_id) => inForce.decide('a', { user_id }, { user_id: 'u' }));
    expect(verdicts).toEqual([true, false, true]);
  });
});

describe('a policy decision', () => {
  it.each([
    ['checks', Array(20_000).fill('nobody:%(x)s').join(' or ')],
    ['checks of a list', Array(20_000).fill(['nobody:%(x)s'])],
  ])(
    'a policy decision that needs 20,000 %s denies the caller, and the reason is reported once',
    (_what, rule) => {
      const { verdict, reads, problems, decide } = decision({ r0: rule });
      expect(verdict).toBe(false);
      expect(reads).toBeLessThanOrEqual(10_000);
      decide();
      expect(problems).toEqual(['r0: the rule fails and denies: it needs more than 10000 checks']);
    },
  );

  it('a policy decision that needs 4,000 checks can still allow the request', () => {
    expect(decision({ r0: `${'nobody:%(x)s or '.repeat(4_000)}@` }).verdict).toBe(true);
  });

  it('the limit on checks counts the checks of all rules that a policy decision evaluates', () => {
    const rules = {
      r0: 'rule:r1 or rule:r2',
      r1: '! or '.repeat(6_000) + '!',
      r2: '! or '.repeat(6_000) + '@',
    };
    expect(decision(rules)).toMatchObject({
      verdict: false,
      problems: ['r0: the rule fails and denies: it needs more than 10000 checks'],
    });
    expect(decision(rules, 'r2').verdict).toBe(true);
  });
});

describe('a policy rule', () => {
  it.each([
    ['not (', ')'],
    ['@ and (', ')'],
    ['! or (', ')'],
  ])(
    'a policy rule with 20,000 nested operators denies the caller, and the report shows only 200 characters of the rule: %s',
    (open, close) => {
      const deep = (times: number): string => `${open.repeat(times)}@${close.repeat(times)}`;
      const { verdict, problems } = decision({ r0: deep(20_000) });
      expect(verdict).toBe(false);
      expect(problems).toEqual([
        expect.stringMatching(/^r0: the service cannot parse the rule, so it denies all callers: ".{200}…"$/),
      ]);
      expect(decision({ r0: deep(50) })).toMatchObject({ verdict: true, problems: [] });
      const name = 'os_compute_api:old';
      const defaults = [
        { name: 'new', rule: '@', description: '', deprecated: { name, rule: '@', since: '', reason: '' } },
      ];
      expect(overrideDefaults(defaults, { [name]: deep(20_000) }).rules['new']).toBe(deep(20_000));
    },
  );

  it('a policy rule may have any number of redundant parentheses and double negations', () => {
    expect(decision({ r0: `${'('.repeat(100_000)}@${')'.repeat(100_000)}` }).verdict).toBe(true);
    expect(decision({ r0: `${'not '.repeat(20_000)}@` }).verdict).toBe(true);
  });
});

describe('the text of a policy file', () => {
  it.each([
    ['lists', '"a": ' + '['.repeat(20_000)],
    ['maps', '{"a":'.repeat(20_000)],
    ['lists by indentation', Array.from({ length: 3_000 }, (_, depth) => `${' '.repeat(depth)}-`).join('\n')],
  ])('a policy file that is nested too deeply is rejected with a PolicyTextError: %s', (_what, text) => {
    expect(() => readPolicyText(text)).toThrow(PolicyTextError);
  });

  it('a policy file may start with a byte order mark', () => {
    expect(readPolicyText('\ufeff"a": "@"\n')).toEqual({ a: '@' });
    expect(readPolicyText('\ufeff{"a": "@"}')).toEqual({ a: '@' });
  });
});
