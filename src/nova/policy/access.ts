/** What a caller may see of a server: the role guard's decision, made once a request. */
export interface Access {
  /** `internal` shows an operator what `external` keeps from a tenant. */
  readonly view: 'external' | 'internal';
  /** Fields that a policy of their own opens, by the name the route gives them. */
  readonly fields: Readonly<Record<string, boolean>>;
}
