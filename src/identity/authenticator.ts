import { hash } from 'node:crypto';
import type { RequestContext } from './request-context.js';

/** A token of a request, without the white space around it. */
export class Token {
  readonly text: string;
  private cachedDigest: string | undefined;

  constructor(text: string) {
    this.text = text.trim();
  }

  /** The SHA-256 of the token, as the key in caches. It is computed once. */
  get digest(): string {
    return (this.cachedDigest ??= hash('sha256', this.text, 'base64'));
  }
}

/** The parts of a request that authentication reads: the tokens, and what access rules of a token are compared with. */
export interface AuthRequest {
  readonly token: Token | undefined;
  /** The token of the service that forwards the request for its caller, from `X-Service-Token`. */
  readonly serviceToken: Token | undefined;
  readonly method: string;
  /** The path of the request, percent-encoded, without the query. */
  readonly path: string;
}

/**
 * The identity service sent no usable response, so the caller is unknown. The client gets 503; the log gets the cause.
 */
export class IdentityUnavailable extends Error {
  constructor(cause: unknown) {
    super('the identity service gave no usable response', { cause });
  }
}

/** Authenticates the callers of requests. */
export abstract class Authenticator {
  /** The address where a caller gets a token, as written in `WWW-Authenticate`; undefined without Keystone. */
  abstract readonly authUrl: string | undefined;

  /**
   * Returns the caller of a request; undefined if the response must be 401.
   *
   * @throws IdentityUnavailable if the identity service sends no usable response
   */
  abstract authenticate(
    request: AuthRequest,
  ): Promise<RequestContext | undefined> | RequestContext | undefined;

  /** Returns true if `authenticate` needs no request to the identity service. */
  abstract isCached(request: AuthRequest): boolean;

  /** Returns true if the identity service responds; undefined if the service uses none. */
  isReachable(): Promise<boolean> | undefined {
    return undefined;
  }

  /** Closes the connections to the identity service. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
