import type { Moment } from '../nova/query/iso-time.js';
import { QueryParameter } from '../nova/query/query-parameter.js';
import { QuerySteps } from '../nova/query/query-steps.js';

class WholeListQuery {
  @QueryParameter({
    kind: 'text',
    since: '2.1',
    repeatable: true,
    description: 'Return only hidden migrations (1) or only visible ones (0).',
  })
  hidden?: string;

  @QueryParameter({
    kind: 'text',
    since: '2.1',
    repeatable: true,
    description: 'Return only migrations from this host or to it.',
  })
  host?: string;

  @QueryParameter({
    kind: 'text',
    since: '2.1',
    repeatable: true,
    description: 'Return only migrations of this server.',
  })
  instance_uuid?: string;

  @QueryParameter({
    kind: 'text',
    since: '2.1',
    repeatable: true,
    description: 'Return only migrations from this host. Ignored if `host` is given.',
  })
  source_compute?: string;

  @QueryParameter({
    kind: 'text',
    since: '2.1',
    repeatable: true,
    description: 'Return only migrations in this status.',
  })
  status?: string;

  @QueryParameter({
    kind: 'text',
    since: '2.1',
    repeatable: true,
    description: 'Return only migrations of this type: migration, resize, live-migration or evacuation.',
  })
  migration_type?: string;
}

/** The query parameters from microversion 2.59, the first microversion with pages. */
export class PagedQuery extends WholeListQuery {
  @QueryParameter({
    kind: 'nonNegativeInteger',
    since: '2.59',
    description: 'The maximum number of migrations to return.',
  })
  limit?: number;

  @QueryParameter({
    kind: 'text',
    since: '2.59',
    description: 'The UUID of the last migration on the previous page.',
  })
  marker?: string;

  @QueryParameter({
    kind: 'isoTime',
    since: '2.59',
    description: 'Return only migrations that changed at this time or later.',
  })
  'changes-since'?: Moment;
}

class PagedQueryV266 extends PagedQuery {
  @QueryParameter({
    kind: 'isoTime',
    since: '2.66',
    description: 'Return only migrations that changed at this time or earlier.',
  })
  'changes-before'?: Moment;
}

export class PagedQueryV280 extends PagedQueryV266 {
  @QueryParameter({
    kind: 'text',
    since: '2.80',
    description: 'Return only migrations that this user requested.',
  })
  user_id?: string;

  @QueryParameter({
    kind: 'text',
    since: '2.80',
    description: 'Return only migrations that users of this project requested.',
  })
  project_id?: string;
}

export type ListQuery = WholeListQuery | PagedQueryV280;

export const listQuery = new QuerySteps(
  { from: '2.1', to: '2.58', accepts: WholeListQuery, unknownParameters: 'ignore' },
  { from: '2.59', to: '2.65', accepts: PagedQuery },
  { from: '2.66', to: '2.79', accepts: PagedQueryV266 },
  { from: '2.80', accepts: PagedQueryV280 },
);
