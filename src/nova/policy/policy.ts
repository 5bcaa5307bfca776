/** A rule of the service with its default, its description and its deprecations. */
export interface RuleDefault {
  readonly name: string;
  /** The default, in oslo.policy's language. */
  readonly rule: string;
  readonly description: string;
  /** The older rule that this rule replaced. */
  readonly deprecated?: DeprecatedRule;
  /** Set for a rule that only operators' own rules can still use. */
  readonly deprecatedForRemoval?: Deprecation;
}

/** A policy: a rule that decides whether a caller may use a route, see the internal view or see one field. */
export interface Policy extends RuleDefault {
  /** The routes that it applies to, for the sample file. */
  readonly operations: readonly { readonly method: string; readonly path: string }[];
  /** The scopes that a token may have. A token of another scope is denied, whatever the rule. */
  readonly scopes: readonly Scope[];
}

/** The scope of a token: what Keystone issued it for. */
export type Scope = 'project' | 'domain' | 'system';

/** The release of Nova that deprecated a rule, and the reason. */
export interface Deprecation {
  readonly since: string;
  readonly reason: string;
}

/** A rule of older releases of Nova. A policy file that does not contain its successor can still override it. */
export interface DeprecatedRule extends Deprecation {
  readonly name: string;
  readonly rule: string;
}
