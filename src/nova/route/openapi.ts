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
import { kindOf, queryParameters } from '../query/query-parameter.js';
import { since, type SchemaObject } from '../schema/fields.js';
import { QuerySteps } from '../query/query-steps.js';
import { documentedBody } from './documented-body.js';
import { documentedFault } from './documented-faults.js';
import { describeFeatures } from './documented-features.js';
import { documentedResponse } from './documented-response.js';
import { type RouteDeclaration, statusOf } from './nova-route.js';

const VERSION = ApiHeader({
  name: VERSION_HEADER,
  required: false,
  description: 'The microversion, such as `compute 2.51` or `compute latest`. The default is `compute 2.1`.',
  schema: { type: 'string', example: `compute ${NEWEST_MICROVERSION}` },
});

/** Returns a decorator that documents a route, from the same declaration that its guards and its view read. */
export function describeRoute(route: RouteDeclaration): MethodDecorator {
  const { query, item } = route;
  const classes = query instanceof QuerySteps ? query.classes : [query ?? []].flat();
  const parameters = new Map(classes.flatMap((names) => [...queryParameters(names)]));
  return applyDecorators(
    ApiOperation({
      ...(route.operation !== undefined && { operationId: route.operation }),
      ...{ summary: route.summary, description: route.description },
    }),
    ApiSecurity('token'),
    ...(query instanceof QuerySteps ? [VERSION] : []),
    ...Object.entries({ ...(item && { [item.parameter]: 'The id.' }), ...route.parameters }).map(
      ([name, info]) => {
        const { description, schema } =
          typeof info === 'string' ? { description: info, schema: { type: 'string' } as const } : info;
        return ApiParam({ name, description, schema: { ...schema, ...exampleOf(route, name) } });
      },
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
    ...(query instanceof QuerySteps
      ? (route.faults ?? []).map((fault) => ApiResponse({ status: fault.status, ...documentedFault(fault) }))
      : describeFeatures(route)),
    ApiResponse({
      status: statusOf(route),
      description:
        route.internal === undefined
          ? 'The request was successful.'
          : 'A tenant gets the external view, an operator gets the internal view.',
      ...documentedResponse(route),
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
