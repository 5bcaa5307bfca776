import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';

/** Swagger UI brings its scripts as files, and styles of its own in the page. */
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
 * Tells browsers what the documentation's page may do. Answers of the API are for programs, and have Nova's headers.
 *
 * @param path of the pages
 */
export function guardPages(fastify: FastifyInstance, path: string, isSecure: boolean): void {
  const addHeaders = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: SOURCES },
    strictTransportSecurity: isSecure,
    xFrameOptions: { action: 'deny' },
  });
  fastify.addHook('onRoute', (route) => {
    if (route.url !== path && !route.url.startsWith(`${path}/`)) return;
    route.onRequest = [route.onRequest ?? []].flat().concat((request, reply, done) => {
      addHeaders(request.raw, reply.raw, (error) => {
        done(error as Error | undefined);
      });
    });
  });
}
