import { errorText } from '../../common/error-text.js';
import type { RequestContext } from '../../identity/request-context.js';
import { compileRule, countChecks } from './language/check-parser.js';
import { type Check, type Credentials, RuleError, type Target } from './language/checks.js';
import { readRule, type RuleText, abbreviate } from './language/parser.js';
import { type Decision, NamedRule } from './named-rule.js';
import type { Policy, Scope } from './policy.js';

export type { Credentials, RuleText, Target };

/** Rules by name, as a policy file contains them. A value that is not a {@link RuleText} denies. */
export type RuleTexts = Readonly<Record<string, unknown>>;

/**
 * The name of the rule that decides for all names without a rule. It is the default of oslo.policy's setting
 * `policy_default_rule`.
 */
const DEFAULT_RULE = 'default';

/**
 * A set of rules in the language of OpenStack's oslo.policy. It never changes: when policy files change, a new instance
 * replaces it. If oslo.policy would raise an error for a rule, the rule denies.
 */
export class RulesInForce {
  private readonly rules = new Map<string, NamedRule>();
  private readonly policies: ReadonlySet<string>;
  private readonly failed = new Set<string>();
  private readonly decision: Decision = { number: 0, depth: 0, checks: 0 };
  /**
   * The credentials of each caller. They are computed only once for each token, because all its requests share one
   * context.
   */
  private readonly credentials = new WeakMap<RequestContext, Credentials>();

  /**
   * @param reportProblem receives the name of each rule that cannot work as written, and the reason. The function is
   *   called for errors that the constructor finds, and for the first failure of a rule in a decision.
   * @throws RulesError if the rules refer to each other in too long a chain
   */
  constructor(
    rules: RuleTexts,
    policies: readonly Policy[] = [],
    private readonly reportProblem: (name: string, problem: string) => void = () => undefined,
  ) {
    this.policies = new Set(policies.map(({ name }) => name));
    for (const name of Object.keys(rules)) this.rules.set(name, new NamedRule(name, this.decision));
    for (const rule of this.rules.values()) this.define(rule, rules[rule.name]);
    for (const rule of this.rules.values()) {
      rule.chainLength((circle) => {
        const names = circle.map(({ name }) => name);
        const [first = ''] = names;
        reportProblem(
          first,
          `the rule refers to itself (${[...names, first].join(' → ')}) and denies at that point`,
        );
      });
    }
  }

  /** Returns true if the policy allows the caller access to the target. An unregistered policy denies. */
  allows(context: RequestContext, policy: Policy, target: Target): boolean {
    if (!this.policies.has(policy.name) || !policy.scopes.includes(scopeOf(context))) return false;
    return this.holds(context, policy.name, target);
  }

  /**
   * Returns true if a rule allows a caller. The rule need not be a policy, and the scope of the token is not checked.
   */
  holds(context: RequestContext, rule: string, target: Target): boolean {
    return this.decide(rule, target, this.credentialsFor(context));
  }

  /** Returns true if the caller is an administrator, who sees the servers of all projects. */
  isAdmin(context: RequestContext): boolean {
    return this.credentialsFor(context)['is_admin'] === true;
  }

  /**
   * Returns true if a rule allows the credentials. Never throws an error: an unknown rule denies, and so does a rule
   * that fails.
   */
  decide(name: string, target: Target, credentials: Credentials): boolean {
    this.decision.number += 1;
    this.decision.checks = 0;
    try {
      return this.find(name)?.holds(target, credentials) ?? false;
    } catch (error) {
      this.reportFailure(name, errorText(error));
      return false;
    }
  }

  /** Reports only the first failure of each rule, because a rule may fail for every request. */
  private reportFailure(name: string, reason: string): void {
    if (this.failed.has(name)) return;
    this.failed.add(name);
    this.reportProblem(name, `the rule fails and denies: ${reason}`);
  }

  private find(name: string): NamedRule | undefined {
    return this.rules.get(name) ?? this.rules.get(DEFAULT_RULE);
  }

  private define(rule: NamedRule, text: unknown): void {
    const report = (problem: string): void => {
      this.reportProblem(rule.name, problem);
    };
    const expression = readRule(text);
    if (expression === undefined) {
      const shown =
        typeof text === 'string' ? `"${abbreviate(text)}"` : 'it is neither text nor a list of checks';
      report(`the service cannot parse the rule, so it denies all callers: ${shown}`);
      return;
    }
    const ruleCheck = (other: string): Check => {
      const named = this.find(other);
      if (named === undefined) {
        report(`there is no rule "${abbreviate(other)}", so "${abbreviate(`rule:${other}`)}" denies`);
        return () => false;
      }
      rule.references.add(named);
      return (target, credentials) => named.holds(target, credentials);
    };
    rule.checks = countChecks(expression);
    try {
      rule.check = compileRule(expression, { ruleCheck, report });
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      rule.check = () => {
        throw error;
      };
      this.reportFailure(rule.name, error.message);
    }
  }

  private credentialsFor(context: RequestContext): Credentials {
    let credentials = this.credentials.get(context);
    if (credentials === undefined) {
      const plain = credentialsOf(context);
      const target = { project_id: context.projectId, user_id: context.userId };
      // As in Nova, `is_admin` is null for the rule `context_is_admin`: in this rule, `is_admin:True` and
      // `is_admin:False` both deny.
      const isAdmin = this.decide('context_is_admin', target, { ...plain, is_admin: null });
      credentials = { ...plain, is_admin: isAdmin };
      this.credentials.set(context, credentials);
    }
    return credentials;
  }
}

function scopeOf(context: RequestContext): Scope {
  if (context.systemScope) return 'system';
  return context.domainId ? 'domain' : 'project';
}

/** Returns a caller's attributes under the names that OpenStack's services use in rules. */
function credentialsOf(context: RequestContext): Credentials {
  const { service } = context;
  return {
    user_id: context.userId,
    user_domain_id: context.userDomainId,
    project_id: context.projectId,
    project_domain_id: context.projectDomainId,
    domain_id: context.domainId,
    system_scope: context.systemScope,
    roles: context.roles,
    is_admin_project: context.isAdminProject,
    service_user_id: service?.userId ?? null,
    service_user_domain_id: service?.userDomainId ?? null,
    service_project_id: service?.projectId ?? null,
    service_project_domain_id: service?.projectDomainId ?? null,
    service_roles: service?.roles ?? [],
  };
}
