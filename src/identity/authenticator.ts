import { hash } from 'node:crypto';
import type { RequestContext } from './request-context.js';

/** A token of a request. White space around it does not count. */
export class Token {
  readonly text: string;
  private cachedDigest: string | undefined;

  constructor(text: string) {
    this.text = text.trim();
  }

  /** Its SHA-256, by which caches know it. It is computed once. */
  get digest(): string {
    return (this.cachedDigest ??= hash('sha256', this.text, 'base64'));
  }
}

/** The parts of a request that authentication reads. A token may be valid for some methods and paths only. */
export interface AuthRequest {
  readonly token: Token | undefined;
  /** The token of a service that passes the request on for its caller. */
  readonly serviceToken: Token | undefined;
  readonly method: string;
  /** The path as the service reads it, percent-encoded, without the query. */
  readonly path: string;
}

/** The identity service does not answer, so the caller is unknown. The cause is for the log. */
export class IdentityUnavailable extends Error {
  constructor(cause: unknown) {
    super('the identity service gave no answer', { cause });
  }
}

/** Authenticates the callers of requests. */
export abstract class Authenticator {
  /** The address a caller is sent to for a token, as it stands in `WWW-Authenticate`. */
  abstract readonly authUrl: string | undefined;

  /**
   * @returns the caller, or undefined if the request must be refused with 401
   * @throws IdentityUnavailable if the identity service does not answer
   */
  abstract authenticate(
    request: AuthRequest,
  ): Promise<RequestContext | undefined> | RequestContext | undefined;

  /** Whether `authenticate` can answer without a request to the identity service. */
  abstract isCached(request: AuthRequest): boolean;

  /** Whether the identity service answers; undefined if there is none. */
  isReachable(): Promise<boolean> | undefined {
    return undefined;
  }

  /** Closes connections. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
