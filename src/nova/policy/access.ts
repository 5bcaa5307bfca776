import type { Policy } from './policy.js';

/** The policies of a route that decide what a caller sees, and not whether they may use it. */
export interface ViewPolicies {
  /** Opens the internal view; without one both views are alike. */
  readonly internal?: Policy;
  /** Open single fields, by the name the view knows them by. */
  readonly fields?: Readonly<Record<string, Policy>>;
}

/** What a caller may see of a server: the role guard's decision, made once a request. */
export interface Access {
  /** `internal` shows an operator what `external` keeps from a tenant. */
  readonly view: 'external' | 'internal';
  /** Fields that a policy of their own opens, by the name the route gives them. */
  readonly fields: Readonly<Record<string, boolean>>;
}
