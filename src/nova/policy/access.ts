import type { Policy } from './policy.js';

/** The policies of a route that decide what a caller sees. They do not decide whether the caller may use the route. */
export interface ViewPolicies {
  /** The policy that allows the internal view. If a route has no such policy, every caller gets the external view. */
  readonly internal?: Policy;
  /**
   * The policies of single fields, by the field's name in the view. A field is shown if its policy allows the caller.
   */
  readonly fields?: Readonly<Record<string, Policy>>;
}

/** The part of a resource that a caller may see. The role guard decides this once per request. */
export interface Access {
  /** `internal` includes the fields that only operators see; `external` omits them. */
  readonly view: 'external' | 'internal';
  /**
   * For each field with its own policy: true if the caller may see the field. The keys are those of
   * `ViewPolicies.fields`.
   */
  readonly fields: Readonly<Record<string, boolean>>;
}
