import { hash } from 'node:crypto';
import type { RequestContext } from './request-context.js';

/** A token from a header of a request, without white space at its start and end. */
export class Token {
  readonly text: string;
  private cachedDigest: string | undefined;

  constructor(text: string) {
    this.text = text.trim();
  }

  /** The SHA-256 digest of the token, which caches use as the key. It is computed at the first use. */
  get digest(): string {
    return (this.cachedDigest ??= hash('sha256', this.text, 'base64'));
  }
}

/**
 * The parts of a request that authentication reads: the tokens, and the method and path, because the access rules of a
 * token permit only some methods and paths.
 */
export interface AuthRequest {
  readonly token: Token | undefined;
  /** The token in the header `X-Service-Token`. It belongs to a service that forwards the request for its caller. */
  readonly serviceToken: Token | undefined;
  readonly method: string;
  /** The path of the request, as in the request line (percent-encoded), without the query. */
  readonly path: string;
}

/**
 * The error when the identity service (Keystone) sends no usable response, so that the caller is unknown. The client
 * gets 503, and the cause is written to the log.
 */
export class IdentityUnavailable extends Error {
  constructor(cause: unknown) {
    super('the identity service gave no usable response', { cause });
  }
}

/** Authenticates the callers of requests. */
export abstract class Authenticator {
  /**
   * The URL at which a caller can get a token. A 401 response has it in `WWW-Authenticate`. Undefined if the service
   * does not use Keystone.
   */
  abstract readonly authUrl: string | undefined;

  /**
   * Returns the caller of a request, or undefined if the service must respond with 401.
   *
   * @throws IdentityUnavailable if the identity service sends no usable response
   */
  abstract authenticate(
    request: AuthRequest,
  ): Promise<RequestContext | undefined> | RequestContext | undefined;

  /**
   * Returns true if `authenticate` can authenticate the caller of this request without a request to the identity
   * service.
   */
  abstract isCached(request: AuthRequest): boolean;

  /** Resolves to true if the identity service responds. Returns undefined if this service uses no identity service. */
  isReachable(): Promise<boolean> | undefined {
    return undefined;
  }

  /** Closes the connections to the identity service. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
