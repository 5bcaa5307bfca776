import { SliceQuery } from '../nova/pagination/slice.js';
import { QueryParameter } from '../nova/query/query-parameter.js';
import { QuerySteps } from '../nova/query/query-steps.js';

const ALL =
  'With any value, administrators get the groups of all projects. For other callers, it has no effect.';

export class ListQuery extends SliceQuery {
  @QueryParameter({ kind: 'text', since: '2.1', repeatable: true, description: ALL })
  all_projects?: string;
}

export const listQuery = new QuerySteps(
  { from: '2.1', to: '2.74', accepts: ListQuery, unknownParameters: 'ignore' },
  { from: '2.75', accepts: ListQuery },
);
