import type { Settings } from '../../config/settings.js';
import { tlsOptions } from './tls.js';

/** How often connections are looked at for those that are too slow, in milliseconds. */
const LOOK_EVERY = 1_000;

/**
 * What the HTTP server takes of its clients, as Fastify has it. Its parser stays the strict one: what two readers could
 * take for two different requests is none.
 *
 * @throws SettingsError for TLS that cannot be
 */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- Fastify's own types, of several overloads
export function serverOptions(settings: Settings) {
  const requestTimeout = settings.REQUEST_TIMEOUT * 1000;
  const limits = {
    maxHeaderSize: settings.MAX_HEADER_SIZE,
    requestTimeout,
    headersTimeout: Math.min(settings.HEADERS_TIMEOUT * 1000, requestTimeout),
    connectionsCheckingInterval: LOOK_EVERY,
    insecureHTTPParser: false,
    // Missed by the service itself, so that there is an answer of Nova's form, and a line in the log.
    requireHostHeader: false,
  };
  const tls = tlsOptions(settings);
  return {
    requestTimeout,
    connectionTimeout: settings.CONNECTION_TIMEOUT * 1000,
    keepAliveTimeout: settings.KEEP_ALIVE_TIMEOUT * 1000,
    ...(tls === undefined
      ? { http: limits }
      : { https: { ...limits, ...tls, handshakeTimeout: limits.headersTimeout } }),
  };
}
