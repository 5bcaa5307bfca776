import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { authRequest } from '../support/keystone/auth-request.js';
import { testSeed } from '../support/random.js';
import { requestContext } from '../../src/identity/request-context.js';
import {
  type Budget,
  MAX_STEPS,
  type Permission,
  permission,
  readRules,
  type RuleSet,
} from '../../src/identity/keystone/access-rules.js';
import type { AccessRule } from '../../src/identity/keystone/token.js';

/** The maximum number of steps that the matcher may need for one request, whatever the lengths of rules and paths. */
const STEP_BOUND = 600_000;

function rulesOf(...paths: readonly string[]): RuleSet | undefined {
  return rulesFrom(paths.map((path) => ({ service: 'compute', method: 'GET', path })));
}

function rulesFrom(accessRules: readonly AccessRule[]): RuleSet | undefined {
  const context = requestContext({ userId: 'u' });
  return readRules({ context, expiresAt: Infinity, accessRules, serviceTypes: ['compute'] }, 'compute');
}

function permissionFor(rules: RuleSet | undefined, path: string, budget?: Budget): Permission {
  return permission(rules, authRequest({ token: 't', path }), budget);
}

/** Returns how many steps the matcher needs to compare a path with all rules. */
function stepsOf(rules: RuleSet | undefined, path: string): number {
  const budget = { left: MAX_STEPS };
  permissionFor(rules, path, budget);
  return MAX_STEPS - budget.left;
}

/**
 * Returns true if a rule matches a path. This is a simple and slow reference implementation, which tries every length
 * for each wildcard.
 */
function slowlyMatches(path: string, rule: string): boolean {
  if (rule === '') return path === '';
  const [piece = ''] = /^(\{[^}]*\}|\*\*|[^])/.exec(rule) ?? [];
  const rest = rule.slice(piece.length);
  if (piece === '**') return prefixes(path, 0).some((length) => slowlyMatches(path.slice(length), rest));
  if (piece === '*' || piece.length > 1) {
    const segment = /^[^/]*/.exec(path)?.[0] ?? '';
    return prefixes(segment, 1).some((length) => slowlyMatches(path.slice(length), rest));
  }
  return path.startsWith(piece) && slowlyMatches(path.slice(1), rest);
}

function prefixes(text: string, from: number): number[] {
  return Array.from({ length: Math.max(0, text.length + 1 - from) }, (_, index) => index + from);
}

describe('access rules', () => {
  it('access rules match the same paths as in a reference implementation', () => {
    const pieces = ['a', 'b', '/', '.', '{', '}', '{x}', '{a/b}', '*', '**', '***', '****'];
    const rule = fc.array(fc.constantFrom(...pieces), { maxLength: 7 }).map((texts) => texts.join(''));
    const path = fc.array(fc.constantFrom('a', 'b', '/', '.', '{', '}'), { maxLength: 7 });
    fc.assert(
      fc.property(rule, path, (written, characters) => {
        const requested = characters.join('');
        const expected = slowlyMatches(requested, written) ? 'granted' : 'denied';
        expect(permissionFor(rulesOf(written), requested)).toBe(expected);
      }),
      { seed: testSeed('access rules'), numRuns: 3_000 },
    );
  });

  it.each(['/v2.1/\0', '/v2.1/ä', '/v2.1/%'])(
    'an access rule with the path %j does not match /v2.1/x, because the last character of the rule is not a wildcard',
    (path) => {
      expect(permissionFor(rulesOf(path), '/v2.1/x')).toBe('denied');
    },
  );

  it.each([
    { service: 'compute', method: 'G*', path: '/a' },
    { service: 'compute', method: 'get', path: '/a' },
    { service: 'image', method: 'GET', path: '/a' },
  ])(
    'a token whose access rules are for another method or service does not permit the request: %j',
    (rule) => {
      expect(permissionFor(rulesFrom([rule]), '/a')).toBe('denied');
    },
  );

  const worst = (rule: (index: number) => string, count = 600): string[] =>
    Array.from({ length: count }, (_, index) => rule(index));

  it.each<[string, string[], string]>([
    ['** 60 times', worst((index) => `/v2.1/${'**'.repeat(60)}${index}`), 'a'],
    ['** 60 times, with a quoted path', worst((index) => `/v2.1/${'**'.repeat(60)}${index}`), '%5B'],
    ['**a 40 times', worst((index) => `/v2.1/${'**a'.repeat(40)}${index}`), 'a'],
    ['*a 60 times', worst((index) => `/v2.1/${'*a'.repeat(60)}${index}`), 'a'],
    ['* 60 times', worst((index) => `/v2.1/${'*/'.repeat(30)}${'*.'.repeat(30)}${index}`), 'a/'],
    ['{a} 40 times', worst((index) => `/v2.1/${'{a}'.repeat(40)}${index}`), 'a'],
    ['*a*b 30 times', worst((index) => `/v2.1/${'*a*b'.repeat(30)}${index}`), 'ab'],
    ['*{a}** 20 times', worst((index) => `/v2.1/${'*{a}**'.repeat(20)}${index}`), 'a'],
    ['one rule of 200,000 characters', [`/v2.1/${'**a'.repeat(66_000)}`], 'a'],
    ['15,000 rules', worst((index) => `/v2.1/**a**b${index}`, 15_000), 'a'],
  ])('the comparison of access rules stops after a limited number of steps: %s', (_what, paths, part) => {
    const rules = rulesOf(...paths);
    const path = `/v2.1/${part.repeat(8_000 / part.length)}`;
    expect(permissionFor(rules, path)).not.toBe('granted');
    expect(stepsOf(rules, path)).toBeLessThan(STEP_BOUND);
  });

  it('comparing access rules gives "too costly" if it needs too many steps, and "denied" if no rule matches', () => {
    const costly = worst((index) => `/v2.1/${'**a'.repeat(40)}${index}`);
    expect(permissionFor(rulesOf(...costly), `/v2.1/${'a'.repeat(8_000)}`)).toBe('too costly');
    expect(permissionFor(rulesOf(...costly), `/v2.1/${'a'.repeat(20)}`)).toBe('denied');
  });

  it('the comparison of 650 realistic access rules needs less than half of the permitted steps', () => {
    const path = '/v2.1/servers/86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff/os-instance-actions/req-920c6627-c8c9';
    const rules = rulesOf(
      ...worst((index) => `/v2.1/servers/{server_id}/os-instance-actions/*/${index}`, 650),
    );
    expect(stepsOf(rules, path)).toBeLessThan(MAX_STEPS / 2);
    expect(permissionFor(rulesOf(...worst((index) => `/v${index}/**`, 650), '/v2.1/**'), path)).toBe(
      'granted',
    );
  });

  it('the comparison of an access rule ends after the literal prefix of the rule if that prefix does not match', () => {
    const rules = rulesOf(...worst((index) => `/v2.1/images/${index}/${'**a'.repeat(30)}`));
    expect(stepsOf(rules, `/v2.1/servers/${'a'.repeat(8_000)}`)).toBeLessThan(600 * 40);
  });

  it('the service parses access rules in time linear in their length, even with 250,000 unclosed braces', () => {
    const unclosed = rulesOf(`/${'{'.repeat(250_000)}`);
    expect(unclosed?.patterns).toHaveLength(1);
    expect(permissionFor(unclosed, `/${'{'.repeat(100)}`)).toBe('denied');
  });

  it('a token whose access rules have more than 262,144 characters permits no request', () => {
    const rules = rulesOf(...worst((index) => `/v2.1/${'x'.repeat(1_000)}/${index}`, 400), '/v2.1/servers');
    expect(rules?.patterns.length).toBeLessThan(300);
    expect(permissionFor(rules, '/v2.1/servers')).toBe('denied');
  });
});
