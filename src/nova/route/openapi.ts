import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
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
import { COPY_HEADER } from '../servers/fallback.js';
import { kindOf, queryParameters } from '../query/query-parameter.js';
import { since, type SchemaObject } from '../schema/fields.js';
import { QuerySteps } from '../query/query-steps.js';
import { documentedBody } from './documented-body.js';
import { documentedFault } from './documented-faults.js';
import { type RouteDeclaration, statusOf } from './nova-route.js';

const VERSION = ApiHeader({
  name: VERSION_HEADER,
  required: false,
  description: 'The microversion, such as `compute 2.51` or `compute latest`. The default is `compute 2.1`.',
  schema: { type: 'string', example: `compute ${NEWEST_MICROVERSION}` },
});

const COPY_HEADERS = {
  [COPY_HEADER]: {
    description:
      'Only if the response is from the copy of Nova\'s rows: `copy; as_of="<time>"`. Changes since this time may be missing.',
    schema: { type: 'string', example: 'copy; as_of="2026-11-27T04:16:22.123456Z"' },
  },
} as const;

/** Returns a decorator that documents a route, from the same declaration that its guards and its view read. */
export function describeRoute(route: RouteDeclaration): MethodDecorator {
  const { query, item } = route;
  const classes = query instanceof QuerySteps ? query.classes : [query ?? []].flat();
  const parameters = new Map(classes.flatMap((names) => [...queryParameters(names)]));
  return applyDecorators(
    ApiOperation({ summary: route.summary, description: route.description }),
    ApiSecurity('token'),
    ...(query instanceof QuerySteps ? [VERSION] : []),
    ...Object.entries({ ...(item && { [item.parameter]: 'The id.' }), ...route.parameters }).map(
      ([name, description]) =>
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
    ...(route.body === undefined ? [] : [ApiBody(documentedBody(route.body))]),
    ApiExtension('x-openstack', { policy: route.policy.name }),
    ...(route.faults ?? []).map((fault) => ApiResponse({ status: fault.status, ...documentedFault(fault) })),
    ApiResponse({
      status: statusOf(route),
      description:
        route.internal === undefined
          ? 'The request was successful.'
          : 'A tenant gets the external view, an operator gets the internal view.',
      ...(route.answersFromCopy === true && { headers: COPY_HEADERS }),
      ...(route.response !== undefined && { content: { 'application/json': contentOf(route.response) } }),
    }),
  );
}

/** Returns a decorator that documents the route of all actions on servers. The OpenAPI document adds the actions. */
export function describeActionRoute(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Request an action on a server' }),
    ApiSecurity('token'),
    VERSION,
    ApiExtension('x-openstack', {}),
    ApiResponse({ status: 202, description: 'The request was successful.' }),
  );
}

function exampleOf({ examples, item }: RouteDeclaration, name: string): Pick<SchemaObject, 'example'> {
  const example = examples?.[name] ?? (item?.parameter === name ? item.example : undefined);
  return example === undefined ? {} : { example };
}

/**
 * Returns the documented content of a response. It moves the examples from the schemas to the response, because the
 * documentation page shows only the example of the first schema.
 */
function contentOf({ external, internal }: NonNullable<RouteDeclaration['response']>): object {
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
