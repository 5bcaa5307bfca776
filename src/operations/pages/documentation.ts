import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { RouteNotFound } from '../../nova/fault/faults.js';
import { openApiDocument } from './openapi-document.js';
import { type Page, page, sendPage } from './page.js';
import { swaggerPages } from './swagger-pages.js';

const PUBLIC = { config: { access: 'public' } } as const;

/**
 * Serves `/openapi.json`, and Swagger UI at `/docs`, from memory: requests open no files, and responses share one
 * buffer.
 */
export function serveDocumentation(application: NestFastifyApplication): void {
  const fastify: FastifyInstance = application.getHttpAdapter().getInstance();
  let description: Page | undefined;
  fastify.get('/openapi.json', PUBLIC, (request, reply) => {
    // The document is created for the first request, because creating it earlier would delay the startup.
    description ??= page('application/json; charset=utf-8', JSON.stringify(openApiDocument(application)));
    return sendPage(description, request, reply);
  });
  const { index, files } = swaggerPages();
  fastify.get('/docs', PUBLIC, (request, reply) => sendPage(index, request, reply));
  fastify.route<{ Params: { '*': string } }>({
    method: ['GET', 'HEAD'],
    ...PUBLIC,
    url: '/docs/*',
    handler: (request, reply) => {
      const found = files.get(request.params['*']);
      if (found === undefined) throw new RouteNotFound();
      return sendPage(found, request, reply);
    },
  });
}
