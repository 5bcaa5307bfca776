import { QueryParameter } from '../nova/query/query-parameter.js';
import { QuerySteps } from '../nova/query/query-steps.js';

class ListQuery {
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

class ListQueryV259 extends ListQuery {
  @QueryParameter({
    kind: 'nonNegativeInteger',
    since: '2.59',
    description: 'The most migrations to return.',
  })
  limit?: string;

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
  'changes-since'?: string;
}

class ListQueryV266 extends ListQueryV259 {
  @QueryParameter({
    kind: 'isoTime',
    since: '2.66',
    description: 'Only migrations that changed at this time or earlier.',
  })
  'changes-before'?: string;
}

class ListQueryV280 extends ListQueryV266 {
  @QueryParameter({ kind: 'text', since: '2.80', description: 'Only those that this user asked for.' })
  user_id?: string;

  @QueryParameter({ kind: 'text', since: '2.80', description: 'Only those of this project.' })
  project_id?: string;
}

export const listQuery = new QuerySteps(
  { from: '2.1', to: '2.58', accepts: ListQuery, others: 'ignored' },
  { from: '2.59', to: '2.65', accepts: ListQueryV259 },
  { from: '2.66', to: '2.79', accepts: ListQueryV266 },
  { from: '2.80', accepts: ListQueryV280 },
);
