import { STATUSES } from '../ledger/search/wanted.js';
import type { FilterCondition } from '../nova/query/filters.js';
import { FilterParameter, QueryParameter } from '../nova/query/query-parameter.js';

type Filter = readonly FilterCondition[];

/** The query of the list of actions. */
export class ActionsQuery {
  @FilterParameter({ kind: 'text', description: 'The project that owns the server.' })
  readonly project_id?: Filter;

  @FilterParameter({ kind: 'text', description: 'The user who requested the action.' })
  readonly user_id?: Filter;

  @FilterParameter({ kind: 'text', description: 'The UUID of the server.' })
  readonly server_id?: Filter;

  @FilterParameter({ kind: 'text', description: 'The id of the request that started the action.' })
  readonly request_id?: Filter;

  @FilterParameter({ kind: 'text', description: 'The name of the action, such as create or reboot.' })
  readonly action?: Filter;

  @FilterParameter({ kind: STATUSES, description: 'The status of the action.' })
  readonly status?: Filter;

  @FilterParameter({ kind: 'text', description: 'The host of any event of the action.' })
  readonly host?: Filter;

  @FilterParameter({ kind: 'text', description: 'The name of the cell.' })
  readonly cell?: Filter;

  @FilterParameter({ kind: 'text', description: 'The name of any event of the action.' })
  readonly event?: Filter;

  @FilterParameter({
    kind: 'time',
    description: 'The time at which the action was stored, or that the service which recorded it states.',
  })
  readonly created_at?: Filter;

  @FilterParameter({ kind: 'time', description: 'The start of the action.' })
  readonly started_at?: Filter;

  @FilterParameter({ kind: 'time', description: 'The end of the action.' })
  readonly finished_at?: Filter;

  @FilterParameter({ kind: 'time', description: 'The last change of the action or its events.' })
  readonly updated_at?: Filter;

  @QueryParameter({
    kind: ['created_at:desc', 'created_at:asc'],
    description: 'The order of the actions. By default, the newest one comes first.',
  })
  readonly sort?: string;

  @QueryParameter({
    kind: ['events'],
    description: 'With `events`, each action has its events.',
  })
  readonly include?: string;

  @QueryParameter({
    kind: 'positiveInteger',
    description: 'The maximum number of actions on a page. The default is 100, and the maximum 1000.',
  })
  readonly limit?: number;

  @QueryParameter({
    kind: 'boolean',
    description:
      'True for the actions on the servers of all projects. Only for callers that a policy allows.',
  })
  readonly all_projects?: boolean;

  @QueryParameter({
    kind: 'text',
    description: 'The cursor of a page, from the links `next` and `previous` of another page.',
  })
  readonly cursor?: string;
}

/** The query of the history of an action. */
export class EntriesQuery {
  @QueryParameter({
    kind: 'positiveInteger',
    description: 'The maximum number of entries on a page. The default is 100, and the maximum 1000.',
  })
  readonly limit?: number;

  @QueryParameter({
    kind: 'text',
    description: 'The cursor of a page, from the link `next` of another page.',
  })
  readonly cursor?: string;
}
