import { applyDecorators } from '@nestjs/common';
import {
  ApiExtension,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiSecurity,
} from '@nestjs/swagger';
import { NEWEST_MICROVERSION } from '../microversion/microversion.js';
import { VERSION_HEADER } from '../microversion/negotiation.js';
import { kindOf, queryParameters } from '../query/query-parameter.js';
import { since, type SchemaObject } from '../schema/fields.js';
import { QuerySteps } from '../query/query-steps.js';
import type { RouteDeclaration } from './nova-route.js';

const VERSION = ApiHeader({
  name: VERSION_HEADER,
  required: false,
  description: 'The microversion, such as `compute 2.51` or `compute latest`. The default is `compute 2.1`.',
  schema: { type: 'string', example: `compute ${NEWEST_MICROVERSION}` },
});

/** Returns a decorator that documents a route, from the same declaration that its guards and its view read. */
export function describeRoute(route: RouteDeclaration): MethodDecorator {
  const { query } = route;
  const classes = query instanceof QuerySteps ? query.classes : [query ?? []].flat();
  const parameters = new Map(classes.flatMap((names) => [...queryParameters(names)]));
  return applyDecorators(
    ApiOperation({ summary: route.summary, description: route.description }),
    ApiSecurity('token'),
    ...(query instanceof QuerySteps ? [VERSION] : []),
    ...Object.entries(route.parameters ?? {}).map(([name, description]) =>
      ApiParam({ name, description, schema: { type: 'string', ...exampleOf(route, name) } }),
    ),
    ...[...parameters].map(([name, info]) =>
      ApiQuery({
        name,
        required: false,
        ...(info.since === undefined
          ? { description: info.description, schema: kindOf(info).schema }
          : {
              description: `${info.description} From microversion ${info.since}.`,
              schema: since(kindOf(info).schema, info.since),
            }),
      }),
    ),
    ApiExtension('x-openstack', { policy: route.policy.name }),
    ApiResponse({
      status: 200,
      description:
        route.internal === undefined
          ? 'The request was successful.'
          : 'A tenant gets the external view, an operator gets the internal view.',
      content: { 'application/json': contentOf(route.response) },
    }),
  );
}

function exampleOf(
  { examples = {} }: Pick<RouteDeclaration, 'examples'>,
  name: string,
): Pick<SchemaObject, 'example'> {
  return name in examples ? { example: examples[name] } : {};
}

/**
 * Returns the documented content of a response. It moves the examples from the schemas to the response, because the
 * documentation page shows only the example of the first schema.
 */
function contentOf({ external, internal }: RouteDeclaration['response']): object {
  if (external === internal) return separateExample(external);
  const [tenant, operator] = [separateExample(external), separateExample(internal)];
  return {
    schema: { anyOf: [tenant.schema, operator.schema] },
    ...(tenant.example !== undefined && {
      examples: {
        external: { summary: 'Response to a tenant', value: tenant.example },
        internal: { summary: 'Response to an operator', value: operator.example },
      },
    }),
  };
}

function separateExample({ example, ...schema }: SchemaObject): { schema: SchemaObject; example: unknown } {
  return { schema, example };
}
