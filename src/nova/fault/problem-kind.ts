/** The kind of a failure in responses with the format of RFC 9457. */
export interface ProblemKind {
  /** The last part of the address of the kind. Clients may compare it. */
  readonly slug: string;
  readonly title: string;
  /** Further members of the response. */
  readonly members?: Readonly<Record<string, unknown>>;
}
