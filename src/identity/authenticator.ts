import type { RequestContext } from './request-context.js';

/** What a request brings to say who sends it, and what it asks for: a token may be good for some requests only. */
export interface Presented {
  readonly token: string | undefined;
  /** The token of a service that passes the request on for its caller. */
  readonly serviceToken: string | undefined;
  readonly method: string;
  /** The path as the service reads it, percent-encoded, without the query. */
  readonly path: string;
}

/** The identity service gives no answer, so nobody can say who asks. The cause is for the log. */
export class IdentityUnavailable extends Error {
  constructor(cause: unknown) {
    super('the identity service gave no answer', { cause });
  }
}

/** Tells who sends a request. */
export abstract class Authenticator {
  /** The address a caller is sent to for a token, as it stands in `WWW-Authenticate`. */
  abstract readonly authUrl: string | undefined;

  /**
   * @returns the caller, or undefined for one who is to be refused
   * @throws IdentityUnavailable when that cannot be said now
   */
  abstract authenticate(
    presented: Presented,
  ): Promise<RequestContext | undefined> | RequestContext | undefined;

  /** Whether it can be told who sends it without asking anybody. */
  abstract isRemembered(presented: Presented): boolean;

  /** Whether whoever is asked about callers is there; undefined where nobody is. It may take its time. */
  isReachable(): Promise<boolean> | undefined {
    return undefined;
  }

  /** Lets go of connections. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
