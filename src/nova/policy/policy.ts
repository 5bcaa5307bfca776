/** A rule of the service with its default, its description and its deprecations. */
export interface RuleDefault {
  readonly name: string;
  /** The default, in oslo.policy's language. */
  readonly rule: string;
  readonly description: string;
  /** The older rule that this rule replaced. */
  readonly deprecated?: DeprecatedRule;
  /** Set if the service itself no longer uses the rule. Rules of policy files may still refer to it. */
  readonly deprecatedForRemoval?: Deprecation;
}

/**
 * A policy: a rule that decides one of three things: if a caller may use a route, see the internal view, or see one
 * field.
 */
export interface Policy extends RuleDefault {
  /** The routes to which the policy applies. The sample policy file lists them. */
  readonly operations: readonly { readonly method: string; readonly path: string }[];
  /** The scopes that a token may have. The policy denies a token of another scope, even if the rule allows. */
  readonly scopes: readonly Scope[];
}

/**
 * Returns a function that declares the policies of a resource. Like nearly all policies of Nova, they allow only tokens
 * of a project.
 *
 * @param resource the first part of the names of the policies, such as `os_compute_api:os-migrations`
 */
export function policiesOf(resource: string) {
  /** @param operation the route to which the policy applies, such as `GET /os-migrations` */
  return (
    name: string,
    rule: string,
    operation: string,
    description: string,
    deprecated?: DeprecatedRule,
  ): Policy => {
    const [method = '', path = ''] = operation.split(/ (.*)/s);
    const policy = { name: `${resource}:${name}`, rule, description, operations: [{ method, path }] };
    return { ...policy, scopes: ['project'], ...(deprecated !== undefined && { deprecated }) };
  };
}

/** The scope for which Keystone issued a token. */
export type Scope = 'project' | 'domain' | 'system';

/** The release of Nova that deprecated a rule, and the reason. */
export interface Deprecation {
  readonly since: string;
  readonly reason: string;
}

/**
 * A rule of older releases of Nova. If a policy file contains this rule but not its successor, the service uses this
 * rule instead of the successor.
 */
export interface DeprecatedRule extends Deprecation {
  readonly name: string;
  readonly rule: string;
}
