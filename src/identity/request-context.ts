/**
 * Who asks, as identity hands it on: plain data, the first argument of everything that answers for a caller.
 * One object may serve many requests of the same token, so it is never changed.
 */
export interface RequestContext {
  readonly userId: string;
  /** Null for a token scoped to a domain or to the system. */
  readonly projectId: string | null;
  readonly domainId: string | null;
  /** `all` for a token scoped to the whole system. */
  readonly systemScope: string | null;
  readonly roles: readonly string[];
}
