import type { Moment } from '../nova/query/iso-time.js';
import { QueryParameter } from '../nova/query/query-parameter.js';
import { NoParameters, QuerySteps } from '../nova/query/query-steps.js';

/** The query parameters from microversion 2.58, the first microversion with pages. */
export class PagedQuery {
  @QueryParameter({
    kind: 'nonNegativeInteger',
    since: '2.58',
    description: 'The maximum number of actions to return.',
  })
  limit?: number;

  @QueryParameter({
    kind: 'text',
    since: '2.58',
    description: 'The request id of the last action on the previous page.',
  })
  marker?: string;

  @QueryParameter({
    kind: 'isoTime',
    since: '2.58',
    description: 'Return only actions that changed at this time or later.',
  })
  'changes-since'?: Moment;
}

class PagedQueryV266 extends PagedQuery {
  @QueryParameter({
    kind: 'isoTime',
    since: '2.66',
    description: 'Return only actions that changed at this time or earlier.',
  })
  'changes-before'?: Moment;
}

export type ListQuery = NoParameters | PagedQueryV266;

export const listQuery = new QuerySteps(
  { from: '2.1', to: '2.57', accepts: NoParameters, unknownParameters: 'ignore' },
  { from: '2.58', to: '2.65', accepts: PagedQuery },
  { from: '2.66', accepts: PagedQueryV266 },
);
