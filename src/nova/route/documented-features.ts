import { ApiConsumes, ApiHeader, ApiResponse } from '@nestjs/swagger';
import { NotAcceptable } from '../fault/faults.js';
import { LINES_TYPE } from './documented-body.js';
import { documentedProblem, documentedProblems } from './documented-problems.js';
import { ETAG_HEADER } from './documented-response.js';
import type { RouteDeclaration } from './nova-route.js';

const IF_NONE_MATCH = ApiHeader({
  name: 'If-None-Match',
  required: false,
  description:
    'The `ETag` of an earlier response. If the response would be the same, it is 304 without a body.',
  schema: { type: 'string', example: '"l8lRGFvWZUh6xxt3wVYgPnGlvZHeP8YvPE4dzTWl0Yc"' },
});

/** The problem of a request for lines that accepts no type that the route has. */
const NOT_ACCEPTABLE = new NotAcceptable(`The response can only be application/json or ${LINES_TYPE}.`);

/** Returns decorators that document the properties that only a route outside Nova's API has. */
export function describeFeatures({
  headers = {},
  body,
  etag,
  lines,
  faults = [],
}: RouteDeclaration): MethodDecorator[] {
  return [
    ...Object.entries(headers).map(([name, { description, pattern, example }]) => {
      const schema = { type: 'string', pattern: `^(?:${pattern.source})$`, example } as const;
      return ApiHeader({ name, required: false, description, schema });
    }),
    ...(etag === true
      ? [
          IF_NONE_MATCH,
          ApiResponse({
            status: 304,
            description: 'The client already has the response.',
            headers: ETAG_HEADER,
          }),
        ]
      : []),
    ...(body !== undefined && 'lines' in body ? [ApiConsumes(LINES_TYPE)] : []),
    ...(lines === undefined ? [] : [ApiResponse({ status: 406, ...documentedProblem(NOT_ACCEPTABLE) })]),
    ...documentedProblems(faults).map((response) => ApiResponse(response)),
  ];
}
