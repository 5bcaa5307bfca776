import type { RequestContext } from './request-context.js';

/** Tells who a token belongs to. */
export abstract class Authenticator {
  /** The address a caller is sent to for a token, as it stands in `WWW-Authenticate`. */
  abstract readonly authUrl: string | undefined;

  /** @returns the caller, or undefined for a token that nobody knows */
  abstract authenticate(token: string): Promise<RequestContext | undefined> | RequestContext | undefined;
}
