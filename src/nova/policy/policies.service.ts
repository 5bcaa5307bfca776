import { Injectable } from '@nestjs/common';
import type { RequestContext } from '../../identity/request-context.js';
import { type Credentials, Rules } from './enforcer.js';
import { BASE_RULES, type Policy } from './policy.js';

/** Decides by the rules in force what a caller may do. */
@Injectable()
export class Policies {
  private rules = new Rules(BASE_RULES);
  private readonly registered = new Map<string, Policy>();
  private credentials = new WeakMap<RequestContext, Credentials>();

  /** Takes a module's policies, with their defaults, into the rules. */
  register(policies: Iterable<Policy>): void {
    for (const policy of policies) this.registered.set(policy.name, policy);
    const defaults = [...this.registered.values()].map(({ name, rule }) => [name, rule] as const);
    this.rules = new Rules({ ...BASE_RULES, ...Object.fromEntries(defaults) });
    this.credentials = new WeakMap();
  }

  /** Whether a caller may do to a project's server what the policy guards. Unknown policies deny. */
  allows(context: RequestContext, policy: Policy, target: { readonly project_id: string | null }): boolean {
    if (!policy.scopes.includes(scopeOf(context))) return false;
    return this.rules.allows(policy.name, target, this.credentialsFor(context));
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
      credentials = { ...plain, is_admin: this.rules.allows('context_is_admin', target, plain) };
      this.credentials.set(context, credentials);
    }
    return credentials;
  }
}

function scopeOf(context: RequestContext): Policy['scopes'][number] {
  if (context.systemScope !== null) return 'system';
  return context.domainId !== null ? 'domain' : 'project';
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
