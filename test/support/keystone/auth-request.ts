import { type AuthRequest, Token } from '../../../src/identity/authenticator.js';

/** The fields of an `AuthRequest` (a request that the service must authenticate), with the tokens as strings. */
export interface AuthRequestText {
  readonly token?: string | undefined;
  readonly serviceToken?: string | undefined;
  readonly method?: string;
  readonly path?: string;
}

/** Returns an `AuthRequest` with the given fields, and with defaults for all others. */
export function authRequest({
  token,
  serviceToken,
  method = 'GET',
  path = '/v2.1/servers/s1/os-instance-actions',
}: AuthRequestText): AuthRequest {
  return { token: tokenOf(token), serviceToken: tokenOf(serviceToken), method, path };
}

function tokenOf(text: string | undefined): Token | undefined {
  return text === undefined ? undefined : new Token(text);
}
