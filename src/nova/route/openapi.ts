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
  description: 'The microversion, as `compute 2.51` or `compute latest`. Without it: `compute 2.1`.',
  schema: { type: 'string', example: `compute ${NEWEST_MICROVERSION}` },
});

/** Documents a route from the declaration that its guards and its view read. */
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
          ? 'The answer.'
          : 'A tenant gets the external view, an operator the internal one.',
      content: { 'application/json': answerOf(route.response) },
    }),
  );
}

function exampleOf(
  { examples = {} }: Pick<RouteDeclaration, 'examples'>,
  name: string,
): Pick<SchemaObject, 'example'> {
  return name in examples ? { example: examples[name] } : {};
}

/** The example answers move from the schemas to the response, because pages show only that of the first schema. */
function answerOf({ external, internal }: RouteDeclaration['response']): object {
  if (external === internal) return answer(external);
  const [tenant, operator] = [answer(external), answer(internal)];
  return {
    schema: { anyOf: [tenant.schema, operator.schema] },
    ...(tenant.example !== undefined && {
      examples: {
        external: { summary: 'To a tenant', value: tenant.example },
        internal: { summary: 'To an operator', value: operator.example },
      },
    }),
  };
}

function answer({ example, ...schema }: SchemaObject): { schema: SchemaObject; example: unknown } {
  return { schema, example };
}
