import type { SchemaObject } from '../schema/fields.js';
import { COPY_HEADER } from '../servers/fallback.js';
import { LINES_TYPE, linesOf, linesSchema } from './documented-body.js';
import type { RouteDeclaration } from './nova-route.js';

const COPY_HEADERS = {
  [COPY_HEADER]: {
    description:
      'Only if the response is from the copy of Nova\'s rows: `copy; as_of="<time>"`. Changes since this time may be missing.',
    schema: { type: 'string', example: 'copy; as_of="2026-11-27T04:16:22.123456Z"' },
  },
} as const;

export const ETAG_HEADER = {
  ETag: { description: 'The entity tag of the response.', schema: { type: 'string' } },
} as const;

const LINK_HEADER = {
  Link: {
    description: 'The addresses of the next and the previous page, with `rel="next"` and `rel="prev"`.',
    schema: { type: 'string' },
  },
} as const;

/** Returns the documented headers and the documented content of a successful response. */
export function documentedResponse(route: RouteDeclaration): object {
  const headers = {
    ...(route.answersFromCopy === true && COPY_HEADERS),
    ...(route.etag === true && ETAG_HEADER),
    ...(route.link !== undefined && LINK_HEADER),
  };
  return {
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(route.response !== undefined && {
      content: { 'application/json': contentOf(route.response), ...linesContent(route) },
    }),
  };
}

/** Returns the documented content of a response that consists of lines. Its example has the internal view. */
function linesContent({ lines }: RouteDeclaration): object {
  if (lines === undefined) return {};
  const external = separateExample(lines.response.external);
  const internal = separateExample(lines.response.internal);
  const isSame = lines.response.external === lines.response.internal;
  const schema = isSame ? external.schema : { anyOf: [external.schema, internal.schema] };
  return { [LINES_TYPE]: { schema: linesSchema(schema), example: linesOf([internal.example]) } };
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
