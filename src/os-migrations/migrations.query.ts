import type { Moment } from '../nova/query/iso-time.js';
import { QueryParameter } from '../nova/query/query-parameter.js';
import { QuerySteps } from '../nova/query/query-steps.js';

class WholeListQuery {
  @QueryParameter({
    kind: 'text',
    since: '2.1',
    repeatable: true,
    description: 'Hidden ones or not: 1 or 0.',
  })
  hidden?: string;

  @QueryParameter({
    kind: 'text',
    since: '2.1',
    repeatable: true,
    description: 'Only those from or to this host.',
  })
  host?: string;

  @QueryParameter({ kind: 'text', since: '2.1', repeatable: true, description: 'Only those of this server.' })
  instance_uuid?: string;

  @QueryParameter({
    kind: 'text',
    since: '2.1',
    repeatable: true,
    description: 'Only those from this host; not looked at beside `host`.',
  })
  source_compute?: string;

  @QueryParameter({ kind: 'text', since: '2.1', repeatable: true, description: 'Only those in this status.' })
  status?: string;

  @QueryParameter({
    kind: 'text',
    since: '2.1',
    repeatable: true,
    description: 'Only those of this type: migration, resize, live-migration or evacuation.',
  })
  migration_type?: string;
}

/** A list has pages from 2.59 on. */
export class PagedQuery extends WholeListQuery {
  @QueryParameter({
    kind: 'nonNegativeInteger',
    since: '2.59',
    description: 'The most migrations to return.',
  })
  limit?: number;

  @QueryParameter({
    kind: 'text',
    since: '2.59',
    description: 'The UUID of the migration after which to begin.',
  })
  marker?: string;

  @QueryParameter({
    kind: 'isoTime',
    since: '2.59',
    description: 'Only migrations that changed at this time or later.',
  })
  'changes-since'?: Moment;
}

class PagedQueryV266 extends PagedQuery {
  @QueryParameter({
    kind: 'isoTime',
    since: '2.66',
    description: 'Only migrations that changed at this time or earlier.',
  })
  'changes-before'?: Moment;
}

export class PagedQueryV280 extends PagedQueryV266 {
  @QueryParameter({ kind: 'text', since: '2.80', description: 'Only those that this user asked for.' })
  user_id?: string;

  @QueryParameter({ kind: 'text', since: '2.80', description: 'Only those of this project.' })
  project_id?: string;
}

export type ListQuery = WholeListQuery | PagedQueryV280;

export const listQuery = new QuerySteps(
  { from: '2.1', to: '2.58', accepts: WholeListQuery, unknownParameters: 'ignore' },
  { from: '2.59', to: '2.65', accepts: PagedQuery },
  { from: '2.66', to: '2.79', accepts: PagedQueryV266 },
  { from: '2.80', accepts: PagedQueryV280 },
);
