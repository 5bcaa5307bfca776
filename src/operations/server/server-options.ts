import type { Settings } from '../../config/settings.js';
import { tlsOptions } from './tls.js';

/** How often Node looks for connections that are too slow, in milliseconds. */
const CHECK_INTERVAL = 1_000;

/**
 * Fastify's options for the HTTP server. The parser is the strict one: it rejects bytes that two parsers could read as
 * different requests.
 *
 * @throws SettingsError for TLS files that cannot be read or do not match
 */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- Fastify's own types, of several overloads
export function serverOptions(settings: Settings) {
  const requestTimeout = settings.REQUEST_TIMEOUT * 1000;
  const limits = {
    maxHeaderSize: settings.MAX_HEADER_SIZE,
    requestTimeout,
    headersTimeout: Math.min(settings.HEADERS_TIMEOUT * 1000, requestTimeout),
    connectionsCheckingInterval: CHECK_INTERVAL,
    insecureHTTPParser: false,
    // The service itself refuses requests without Host, with a fault in Nova's form and a line in the log.
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
