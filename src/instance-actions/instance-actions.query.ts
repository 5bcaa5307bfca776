import { QueryParameter } from '../nova/query/query-parameter.js';
import { QuerySteps } from '../nova/query/query-steps.js';

class ListQueryV258 {
  @QueryParameter({ kind: 'nonNegativeInteger', since: '2.58', description: 'The most actions to return.' })
  limit?: string;

  @QueryParameter({
    kind: 'text',
    since: '2.58',
    description: 'The request id of the action after which to begin.',
  })
  marker?: string;

  @QueryParameter({
    kind: 'isoTime',
    since: '2.58',
    description: 'Only actions that changed at this time or later.',
  })
  'changes-since'?: string;
}

class ListQueryV266 extends ListQueryV258 {
  @QueryParameter({
    kind: 'isoTime',
    since: '2.66',
    description: 'Only actions that changed at this time or earlier.',
  })
  'changes-before'?: string;
}

export const listQuery = new QuerySteps(
  { from: '2.1', to: '2.57', accepts: 'anything' },
  { from: '2.58', to: '2.65', accepts: ListQueryV258 },
  { from: '2.66', accepts: ListQueryV266 },
);
