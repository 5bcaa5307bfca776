import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RouteNotFound } from '../nova/fault/faults.js';
import { htmlPage, type Page, page, swaggerPages } from './documentation-pages.js';

/** The OpenAPI document of all routes, as it is served. */
export function openApiDocument(application: NestFastifyApplication): OpenAPIObject {
  const description = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('nova-action-log')
    .setDescription(
      'The action log of OpenStack servers and what goes with it, as in Nova’s API. A project id may stand between ' +
        '`/v2.1` and the resource, and `/v2` answers as `/v2.1` does without microversions. `x-openstack` tells ' +
        'from which microversion a parameter or a field exists.',
    )
    .setVersion('1')
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'X-Auth-Token',
        description:
          'A token. On the embedded default: demo-tenant, demo-admin, demo-auditor, demo-stranger.',
      },
      'token',
    )
    .build();
  return SwaggerModule.createDocument(application, description);
}

/** Serves `/openapi.json`, and Swagger UI at `/docs`, from memory: requests open no file, and answers share their bytes. */
export function serveDocumentation(application: NestFastifyApplication): void {
  const fastify: FastifyInstance = application.getHttpAdapter().getInstance();
  let description: Page | undefined;
  fastify.get('/openapi.json', (request, reply) => {
    // Not at the start, which it would make longer.
    description ??= page('application/json; charset=utf-8', JSON.stringify(openApiDocument(application)));
    return send(description, request, reply);
  });
  const besideDocs = htmlPage('./docs/');
  fastify.get('/docs', (request, reply) => send(besideDocs, request, reply));
  const pages = swaggerPages();
  fastify.route<{ Params: { '*': string } }>({
    method: ['GET', 'HEAD'],
    url: '/docs/*',
    handler: (request, reply) => {
      const found = pages.get(request.params['*']);
      if (found === undefined) throw new RouteNotFound();
      return send(found, request, reply);
    },
  });
}

/** Browsers keep a page, and ask each time whether it is still the same. */
function send({ type, body, tag }: Page, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  void reply.header('Cache-Control', 'public, max-age=0').header('ETag', tag);
  const known = request.headers['if-none-match']?.split(',').map((entry) => entry.trim().replace(/^W\//, ''));
  if (known?.some((entry) => entry === tag || entry === '*') === true) return reply.status(304).send();
  return reply.type(type).send(body);
}
