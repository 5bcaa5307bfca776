import type { onRequestHookHandler } from 'fastify';
import helmet from 'helmet';
import type { Settings } from '../../config/settings.js';

/** Pages bring their scripts as files, and their styles in the page. */
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

/** Makes a hook that tells browsers what a page may do. Responses of the API are for programs, and have Nova's headers only. */
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
