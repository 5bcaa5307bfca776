import type { onRequestHookHandler } from 'fastify';
import helmet from 'helmet';
import type { Settings } from '../../config/settings.js';

/** The content security policy of pages. Scripts must be files of this service; styles may be part of the page. */
const SOURCES = {
  'default-src': ["'self'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
  'base-uri': ["'self'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
};

/**
 * Returns the hook that adds security headers to pages. It does not add them to API responses, because Nova's responses
 * do not have them.
 */
export function addPageHeaders({ TLS_CERTIFICATE }: Pick<Settings, 'TLS_CERTIFICATE'>): onRequestHookHandler {
  const addHeaders = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: SOURCES },
    strictTransportSecurity: TLS_CERTIFICATE !== undefined,
    xFrameOptions: { action: 'deny' },
  });
  return (request, reply, done) => {
    addHeaders(request.raw, reply.raw, (error) => {
      done(error as Error | undefined);
    });
  };
}
