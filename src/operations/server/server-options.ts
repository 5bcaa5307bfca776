import type { Settings } from '../../config/settings.js';
import { tlsOptions } from './tls.js';

/** The interval at which Node looks for clients that send their requests too slowly, in milliseconds. */
const CHECK_INTERVAL = 1_000;

/**
 * Returns Fastify's options for the HTTP server. Node's parser is in strict mode: it rejects input that a proxy and
 * this service could parse as different requests (request smuggling).
 *
 * @throws SettingsError if the TLS files cannot be read or do not match
 */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- Fastify's type has several overloads
export function serverOptions(settings: Settings) {
  const requestTimeout = settings.REQUEST_TIMEOUT * 1000;
  const limits = {
    maxHeaderSize: settings.MAX_HEADER_SIZE,
    requestTimeout,
    headersTimeout: Math.min(settings.HEADERS_TIMEOUT * 1000, requestTimeout),
    connectionsCheckingInterval: CHECK_INTERVAL,
    insecureHTTPParser: false,
    // The service itself rejects requests without a Host header, because it then sends a fault in Nova's format and
    // logs a line.
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
