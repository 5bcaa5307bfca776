import { QueryParameter } from '../query/query-parameter.js';

/** The query parameters of a list that returns a slice: some items from a position on. */
export class SliceQuery {
  @QueryParameter({
    kind: 'nonNegativeInteger',
    since: '2.1',
    repeatable: true,
    description: 'The maximum number of items to return. 0 means the maximum of the service.',
  })
  limit?: number;

  @QueryParameter({
    kind: 'nonNegativeInteger',
    since: '2.1',
    repeatable: true,
    description: 'The number of items to skip.',
  })
  offset?: number;
}

/** Returns the slice in a query, as Nova's function `limited` reads it. */
export function sliceOf(
  { limit = 0, offset = 0 }: SliceQuery,
  maxLimit: number,
): { readonly limit: number; readonly offset: number } {
  return { limit: Math.min(limit, maxLimit) || maxLimit, offset: Math.min(offset, Number.MAX_SAFE_INTEGER) };
}
