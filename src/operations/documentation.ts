import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

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

/** Serves `/openapi.json`, and Swagger UI at `/docs`. */
export function serveDocumentation(application: NestFastifyApplication): void {
  SwaggerModule.setup('docs', application, () => openApiDocument(application), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'nova-action-log',
    swaggerOptions: { persistAuthorization: true },
  });
}
