import type { RequestContext } from '../../identity/request-context.js';
import { type Credentials, Enforcer, type RuleTexts, type Target } from './rules-in-force.js';
import type { Policy, Scope } from './policy.js';

/** All that decides at one moment. Never changed, only replaced as a whole. */
export class PolicySet {
  private readonly names: ReadonlySet<string>;
  private readonly rules: Enforcer;
  /** Of each caller once: one token brings many requests with one context. */
  private readonly credentials = new WeakMap<RequestContext, Credentials>();

  /** @param onProblem hears of rules that do not do what they seem to say */
  constructor(
    policies: readonly Policy[],
    rules: RuleTexts,
    onProblem?: (name: string, problem: string) => void,
  ) {
    this.names = new Set(policies.map(({ name }) => name));
    this.rules = new Enforcer(rules, onProblem);
  }

  /** Whether a caller may do to the target what the policy guards. Unknown policies deny. */
  allows(context: RequestContext, policy: Policy, target: Target): boolean {
    if (!this.names.has(policy.name) || !policy.scopes.includes(scopeOf(context))) return false;
    return this.rules.allows(policy.name, target, this.credentialsFor(context));
  }

  /** Whether any rule, a policy or not, holds for a caller. */
  holds(context: RequestContext, rule: string, target: Target): boolean {
    return this.rules.allows(rule, target, this.credentialsFor(context));
  }

  /** Whether a caller is an administrator, who sees the servers of all projects. */
  isAdmin(context: RequestContext): boolean {
    return this.credentialsFor(context)['is_admin'] === true;
  }

  private credentialsFor(context: RequestContext): Credentials {
    let credentials = this.credentials.get(context);
    if (credentials === undefined) {
      const plain = credentialsOf(context);
      const target = { project_id: context.projectId, user_id: context.userId };
      // Until that is decided, a caller is to Nova neither an administrator nor none.
      const isAdmin = this.rules.allows('context_is_admin', target, { ...plain, is_admin: null });
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

/** A caller as policy files know one, by the names that OpenStack's services give to rules. */
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
