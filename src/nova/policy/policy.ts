/** A rule of the service, as data with prose: what it means, and what it says unless an operator says otherwise. */
export interface RuleDefault {
  readonly name: string;
  /** The rule in oslo.policy's language. */
  readonly rule: string;
  readonly description: string;
  /** The older rule whose place this one took. */
  readonly deprecated?: DeprecatedRule;
  /** Set for a rule that nothing uses any more but operators' own rules. */
  readonly deprecatedForRemoval?: Deprecation;
}

/** A policy: a rule that decides whether something may be done, and with which kinds of token. */
export interface Policy extends RuleDefault {
  readonly operations: readonly { readonly method: string; readonly path: string }[];
  /** The kinds of token that may use it at all. */
  readonly scopes: readonly Scope[];
}

export type Scope = 'project' | 'domain' | 'system';

/** Since which release of Nova, and why. */
export interface Deprecation {
  readonly since: string;
  readonly reason: string;
}

/** A rule that Nova had before. It still counts in a policy file that does not name its successor. */
export interface DeprecatedRule extends Deprecation {
  readonly name: string;
  readonly rule: string;
}
