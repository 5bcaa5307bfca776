import { requestContext } from '../../identity/request-context.js';
import { describe, expect, it } from '@jest/globals';
import { ADMIN, BASE_RULES, PROJECT_READER_OR_ADMIN } from './base-rules.js';
import { RulesInForce, type RuleTexts } from './rules-in-force.js';
import { canonicalForm } from './language/canonical-form.js';
import type { DeprecatedRule, Policy } from './policy.js';
import { overrideDefaults } from './override-defaults.js';

const OLD = 'os_compute_api:os-things';
const LIST = `${OLD}:list`;
const SHOW = `${OLD}:show`;
const deprecated: DeprecatedRule = {
  name: OLD,
  rule: 'rule:admin_or_owner',
  since: '21.0.0',
  reason: 'Each route got its own rule.',
};
const common = { description: 'A thing.', operations: [], scopes: ['project'] } as const;
const policies = {
  list: { ...common, name: LIST, rule: PROJECT_READER_OR_ADMIN, deprecated },
  show: { ...common, name: SHOW, rule: PROJECT_READER_OR_ADMIN, deprecated },
  events: { ...common, name: `${SHOW}:events`, rule: ADMIN },
} satisfies Record<string, Policy>;
const DEFAULTS = [...BASE_RULES, ...Object.values(policies)];

/** Returns the rules in force under some names, after the rules of a file have overridden the defaults. */
function inForce(fromFiles: RuleTexts, ...names: string[]): unknown[] {
  const { rules } = overrideDefaults(DEFAULTS, fromFiles);
  return names.map((name) => rules[name]);
}

describe('a rule of a policy file', () => {
  it('a rule of a policy file replaces the default of the same name', () => {
    expect(inForce({ [LIST]: 'role:auditor' }, LIST, SHOW)).toEqual([
      'role:auditor',
      'rule:project_reader_or_admin',
    ]);
  });

  it('a rule of a policy file may have any name, and other rules can refer to it', () => {
    expect(inForce({ mine: 'role:auditor', ['__proto__']: '@' }, 'mine')).toEqual(['role:auditor']);
    const { rules } = overrideDefaults(DEFAULTS, { ['__proto__']: '@' });
    expect(Object.hasOwn(rules, '__proto__')).toBe(true);
  });
});

// The expected rules are those of oslo.policy 5 with the policies of Nova 33 and `enforce_new_defaults`.
describe('a deprecated name in a policy file', () => {
  it('a deprecated name in a policy file applies to each successor that the file does not contain', () => {
    expect(inForce({ [OLD]: 'role:auditor' }, LIST, SHOW)).toEqual(['role:auditor', 'role:auditor']);
    expect(inForce({ [OLD]: 'role:auditor', [SHOW]: '!' }, LIST, SHOW)).toEqual(['role:auditor', '!']);
    expect(inForce({ [OLD]: '' }, policies.events.name)).toEqual(['rule:context_is_admin']);
  });

  it.each([
    'rule:admin_or_owner',
    '(rule:admin_or_owner)',
    ['rule:admin_or_owner'],
    [['rule:admin_or_owner']],
  ])(
    'a rule under a deprecated name has no effect if it equals the default of that deprecated name: %j',
    (rule) => {
      expect(inForce({ [OLD]: rule }, LIST, SHOW)).toEqual(Array(2).fill('rule:project_reader_or_admin'));
    },
  );

  it('a rule under a deprecated name that refers to one successor overrides only the other successors', () => {
    expect(inForce({ [OLD]: `rule:${LIST}` }, LIST, SHOW)).toEqual([
      'rule:project_reader_or_admin',
      `rule:${LIST}`,
    ]);
  });

  const admins = ['context_is_admin', 'project_manager_api', 'service_api'];
  const owners = ['project_member_api', 'project_reader_api', 'project_reader_or_admin'];

  it.each(['role:auditor', 'is_admin:True', '!'])(
    'a base rule is overridden under its deprecated name if that name has the prefix "rule:": %j',
    (rule) => {
      expect(inForce({ 'rule:admin_api': rule }, ...admins)).toEqual(Array(3).fill(rule));
      expect(inForce({ 'rule:admin_or_owner': rule }, ...owners)).toEqual(Array(3).fill(rule));
      expect(inForce({ 'rule:admin_api': rule }, ...owners)).not.toContain(rule);
    },
  );

  it('a base rule is overridden under its deprecated name even by the default of that name, as in Nova', () => {
    const rule = 'is_admin:True or project_id:%(project_id)s';
    expect(inForce({ 'rule:admin_or_owner': rule }, ...owners)).toEqual(Array(3).fill(rule));
  });

  it('a base rule is not overridden under its deprecated name if that name lacks the prefix "rule:"', () => {
    const file = { admin_or_owner: '!', admin_api: '!' };
    expect(inForce(file, ...admins, ...owners)).toEqual(inForce({}, ...admins, ...owners));
  });
});

describe('the report on names in policy files', () => {
  const reportOn = (fromFiles: RuleTexts): Omit<ReturnType<typeof overrideDefaults>, 'rules'> => {
    const { unknown, deprecations } = overrideDefaults(DEFAULTS, fromFiles);
    return { unknown, deprecations };
  };

  it('the report on policy files omits a name if the service or another rule uses that name', () => {
    const file = {
      [LIST]: '(rule:mine) or @',
      [SHOW]: [['rule:ours']],
      mine: '',
      ours: '',
      default: '!',
      context_is_admin: '',
    };
    expect(reportOn(file)).toEqual({ unknown: [], deprecations: [] });
  });

  it('the report on policy files lists each name that is used neither by the service nor by another rule', () => {
    expect(reportOn({ [`${LIST}s`]: '', 'os_compute_api:servers:show': '', [LIST]: '' }).unknown).toEqual([
      `${LIST}s`,
      'os_compute_api:servers:show',
    ]);
  });

  it('the report on policy files lists every deprecated name once, with the replacement', () => {
    expect(reportOn({ [OLD]: '!', admin_api: '!' })).toEqual({
      unknown: [],
      deprecations: [
        '"admin_api" is deprecated since Nova 21.0.0 and will be removed: The roles reader, member, manager and admin ' +
          'replaced "administrator or owner".',
        `"${OLD}" is deprecated since Nova 21.0.0 in favour of ${LIST}, ${SHOW}`,
      ],
    });
  });
});

describe('the canonical form of a rule', () => {
  it.each([
    ['', '@'],
    ['A:b OR (c:d)', '(A:b or c:d)'],
    ['((a:b) and c:d)', '(a:b and c:d)'],
    ['a:b or c:d and not e:f', '(a:b or (c:d and not e:f))'],
    [[['a:b', 'c:d'], 'e:f'], '((a:b and c:d) or e:f)'],
    [['a:b or c:d'], '"a:b or c:d"'],
    ['(a:b', '!'],
    ['nonsense', '!'],
    [[[]], '!'],
    [7, '!'],
  ])('the policy rule %j has the canonical form %s', (rule, form) => {
    expect(canonicalForm(rule)).toBe(form);
  });
});

describe('a caller', () => {
  const alice = requestContext({ userId: 'u', projectId: 'p', roles: ['reader'] });
  const all = Object.values(policies);
  const target = { project_id: 'p' };

  it('a caller is denied by a policy that is not registered, even if the default rule allows everybody', () => {
    const set = new RulesInForce({ [LIST]: '@', default: '@' }, [policies.list]);
    expect(set.allows(alice, policies.list, target)).toBe(true);
    expect(set.allows(alice, policies.show, target)).toBe(false);
  });

  it('a caller whose token is for a domain or the system is denied if the policy requires a project', () => {
    const { rules } = overrideDefaults(DEFAULTS, { [LIST]: '@' });
    const set = new RulesInForce(rules, all);
    expect(set.allows({ ...alice, projectId: null, domainId: 'd' }, policies.list, target)).toBe(false);
    expect(set.allows({ ...alice, projectId: null, systemScope: 'all' }, policies.list, target)).toBe(false);
  });

  it.each([
    ['is_admin:False', false],
    ['not is_admin:True', true],
    ['role:reader', true],
    ['role:admin', false],
  ])('a caller with the role reader is an administrator under the rule %j: %j', (rule, isAdmin) => {
    const set = new RulesInForce(overrideDefaults(DEFAULTS, { context_is_admin: rule }).rules, all);
    expect(set.isAdmin(alice)).toBe(isAdmin);
  });
});
