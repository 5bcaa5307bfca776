import type { Names } from '../names.js';

/** `<x>.query.ts`: which queries are accepted. */
export function queryText({ words, word }: Names): string {
  return `
import { QueryParameter } from '../nova/query/query-parameter.js';
import { QuerySteps } from '../nova/query/query-steps.js';

class ListQuery {
  @QueryParameter({ kind: 'nonNegativeInteger', since: '2.1', description: 'The most ${words} to return.' })
  limit?: string;

  @QueryParameter({
    kind: 'text',
    since: '2.1',
    description: 'The UUID of the ${word} after which to begin.',
  })
  marker?: string;
}

// DECIDE: what each microversion of Nova accepts, a step each. Here nothing else is, in any.
export const listQuery = new QuerySteps({ from: '2.1', accepts: ListQuery });
`;
}
