/**
 * The caller of a request, as plain data. Functions that need the caller have it as their first argument.
 * One object may serve many requests of the same token, so it is never changed.
 */
export interface RequestContext {
  readonly userId: string;
  readonly userDomainId: string | null;
  /** Null for a token scoped to a domain or to the system. */
  readonly projectId: string | null;
  readonly projectDomainId: string | null;
  /** Set for a token scoped to a domain. */
  readonly domainId: string | null;
  /** `all` for a token scoped to the whole system. */
  readonly systemScope: string | null;
  readonly roles: readonly string[];
  /** Whether the project is the cloud's own for administration, where there is such a thing; else true. */
  readonly isAdminProject: boolean;
  /** The service that passes a caller's request on, by its own token; null where there is none. */
  readonly service: ServiceContext | null;
}

/** The service in between. */
export interface ServiceContext {
  readonly userId: string;
  readonly userDomainId: string | null;
  readonly projectId: string | null;
  readonly projectDomainId: string | null;
  readonly roles: readonly string[];
}

/** A caller of whom no more is known than this. */
export function requestContext(
  known: Pick<RequestContext, 'userId'> & Partial<RequestContext>,
): RequestContext {
  return {
    userDomainId: null,
    projectId: null,
    projectDomainId: null,
    domainId: null,
    systemScope: null,
    roles: [],
    isAdminProject: true,
    service: null,
    ...known,
  };
}
