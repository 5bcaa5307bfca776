/**
 * The caller of a request, as plain data. Functions that need the caller receive this object as their first argument.
 * Requests with the same token share one object, so no function may change it.
 */
export interface RequestContext {
  readonly userId: string;
  readonly userDomainId: string | null;
  /** The project of the token; null if the token is scoped to a domain or to the system. */
  readonly projectId: string | null;
  readonly projectDomainId: string | null;
  /** The domain of the token; null if the token is not scoped to a domain. */
  readonly domainId: string | null;
  /** `all` if the token is scoped to the system, otherwise null. */
  readonly systemScope: string | null;
  readonly roles: readonly string[];
  /** False if Keystone has an admin project and the token is scoped to another project; otherwise true. */
  readonly isAdminProject: boolean;
  /**
   * The service that forwards the request for its caller, from the token in `X-Service-Token`; null without that
   * header.
   */
  readonly service: ServiceContext | null;
}

/** A service that forwards a request for its caller. */
export interface ServiceContext {
  readonly userId: string;
  readonly userDomainId: string | null;
  readonly projectId: string | null;
  readonly projectDomainId: string | null;
  readonly roles: readonly string[];
}

/**
 * Returns a caller with the given properties. All other properties are null or empty, except `isAdminProject`, which is
 * true.
 */
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
