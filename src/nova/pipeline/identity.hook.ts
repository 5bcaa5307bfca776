import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Authenticator, type AuthRequest, Token } from '../../identity/authenticator.js';
import { Forbidden, Unauthorized } from '../fault/faults.js';
import { rootAddress } from '../url/links.js';
import { quotePath } from '../url/nova-url.js';
import type { Admission } from './admission.hook.js';
import { exchangeValue } from './exchange.js';

/**
 * Makes the hook that authenticates the caller of an `api` route. It rejects a request without a valid token before any
 * other check.
 *
 * @param publicUrl the setting PUBLIC_URL
 */
export function identify(authenticator: Authenticator, admission: Admission, publicUrl: string | undefined) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const destination = exchangeValue(request, 'destination');
    if (destination === 'operations') return;
    if (destination === 'page') {
      await admission.afterIdentity(request, reply);
      return;
    }
    const { headers } = request;
    const authRequest: AuthRequest = {
      token: tokenOf(headers['x-auth-token']) ?? tokenOf(headers['x-storage-token']),
      serviceToken: tokenOf(headers['x-service-token']),
      method: request.method,
      path: quotePath(request.nova.url.path),
    };
    const addressCheck = admission.beforeIdentity(request, reply, () => authenticator.isCached(authRequest));
    if (addressCheck !== undefined) await addressCheck;
    const context = await authenticator.authenticate(authRequest);
    if (context !== undefined) request.nova.context = context;
    const rateCheck = admission.afterIdentity(request, reply);
    if (rateCheck !== undefined) await rateCheck;
    if (context === undefined)
      throw new Unauthorized(authenticator.authUrl ?? ownAddress(request, publicUrl));
    if (request.routeOptions.config.access === undefined && !request.is404) {
      throw new Forbidden('a route that declares no access');
    }
  };
}

/** Returns the address of this service. `WWW-Authenticate` contains it if no Keystone is configured. */
function ownAddress(request: FastifyRequest, publicUrl: string | undefined): string {
  return `${rootAddress(request, publicUrl).replace(/(\/v2(\.1)?)?\/?$/, '')}/`;
}

/** Returns the token in a header; undefined if the header is absent or blank. */
function tokenOf(value: string | string[] | undefined): Token | undefined {
  const text = Array.isArray(value) ? value.join(', ') : value;
  return text === undefined || text.trim() === '' ? undefined : new Token(text);
}
