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
import { VERSION_HEADER } from '../microversion/negotiation.js';
import { kindOf, queryParameters } from '../query/query-parameter.js';
import { since, type SchemaObject } from '../view/fields.js';
import type { NovaRouteDeclaration } from './nova-route.js';

const FAULTS: readonly (readonly [status: number, name: string, when: string])[] = [
  [400, 'badRequest', 'The microversion, the query or the project id in the URL is not as it must be.'],
  [403, 'forbidden', "The caller's roles do not allow it."],
  [404, 'itemNotFound', 'There is no such server, or none of the caller’s own project; or no such item.'],
  [406, 'computeFault', 'The microversion is not supported.'],
  [415, 'badMediaType', 'A Content-Type was sent that is neither JSON nor plain text.'],
  [503, 'serviceUnavailable', 'A database or the identity service is away; try again later.'],
];

/** Documents a route from the declaration that its guards and its view read. */
export function describeRoute<Result>(route: NovaRouteDeclaration<Result>): MethodDecorator {
  const { external, internal } = route.response;
  const parameters = new Map(route.query.classes.flatMap((query) => [...queryParameters(query)]));
  return applyDecorators(
    ApiOperation({ summary: route.summary, description: route.description }),
    ApiSecurity('token'),
    ApiHeader({
      name: VERSION_HEADER,
      required: false,
      description: 'The microversion, as `compute 2.51` or `compute latest`; without it, `compute 2.1`.',
      schema: { type: 'string', example: 'compute 2.1' },
    }),
    ...Object.entries(route.parameters ?? {}).map(([name, description]) =>
      ApiParam({ name, description, schema: { type: 'string' } }),
    ),
    ...[...parameters].map(([name, info]) =>
      ApiQuery({
        name,
        required: false,
        description: `${info.description} From microversion ${info.since}.`,
        schema: since(kindOf(info).schema, info.since),
      }),
    ),
    ApiExtension('x-openstack', { policy: route.policy.name }),
    ApiResponse({
      status: 200,
      description: 'The external view for a tenant, the internal one for an operator.',
      content: {
        'application/json': { schema: external === internal ? external : { anyOf: [external, internal] } },
      },
    }),
    ApiResponse({
      status: 401,
      description: 'There is no token, or none that is known.',
      content: { 'application/json': { schema: unauthorizedSchema } },
    }),
    ...FAULTS.map(([status, name, description]) =>
      ApiResponse({
        status,
        description,
        content: { 'application/json': { schema: faultSchema(name, status) } },
      }),
    ),
  );
}

const unauthorizedSchema: SchemaObject = {
  title: 'Unauthorized, in Keystone’s form',
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      description: 'What Keystone itself answers.',
      required: ['code', 'title', 'message'],
      properties: {
        code: { type: 'integer', description: 'The HTTP status.', example: 401 },
        title: { type: 'string', description: 'The name of the status.', example: 'Unauthorized' },
        message: { type: 'string', description: 'For a person.' },
      },
    },
  },
};

function faultSchema(name: string, status: number): SchemaObject {
  return {
    title: `Fault ${name}`,
    type: 'object',
    required: [name],
    properties: {
      [name]: {
        type: 'object',
        description: 'The fault in Nova’s form.',
        required: ['code', 'message'],
        properties: {
          code: { type: 'integer', description: 'The HTTP status.', example: status },
          message: { type: 'string', description: 'What is wrong, for a person.' },
        },
      },
    },
  };
}
