import { STATUSES } from '../ledger/search/wanted.js';
import {
  type FieldInfo,
  INTEGER,
  listOf,
  objectSchema,
  type SchemaObject,
  UUID,
  ZONED_TIME,
} from '../nova/schema/fields.js';
import { LISTED, RECORDED, SHOWN } from './action-log.example.js';

export type Fields = Readonly<Record<string, FieldInfo>>;
export type ViewName = 'external' | 'internal';

export function time(description: string): FieldInfo {
  return { description, schema: ZONED_TIME, nullable: true };
}

const ACTION: Fields = {
  id: { description: 'The id of the action. The order of ids has no meaning.', schema: INTEGER },
  server_id: { description: 'The UUID of the server.', schema: UUID, nullable: true },
  project_id: { description: 'The project that owns the server. Null if it is unknown.', nullable: true },
  user_id: { description: 'The user who requested the action. Null if Nova started it.', nullable: true },
  requester_project_id: {
    description: 'The project of that user. Null if Nova started the action.',
    nullable: true,
  },
  request_id: { description: 'The id of the request that started the action.', nullable: true },
  action: { description: 'The name of the action, such as create, reboot or resize.', nullable: true },
  status: {
    description:
      'running: less than an hour ago, something changed. stalled: an event has not finished, and nothing changed for ' +
      'an hour. unknown: the log does not prove a result.',
    schema: { type: 'string', enum: [...STATUSES] },
  },
  message: { description: 'The error message. Null if there was no error.', nullable: true },
  created_at: time('The time at which the action was stored, or that the service which recorded it states.'),
  started_at: time('The start of the action.'),
  finished_at: time('The end of the action. Null while it is running.'),
  updated_at: time('The last change of the action or its events.'),
};

const CELL: FieldInfo = {
  description:
    'The name of the cell. Null for an action that this service or another one has recorded. Only for callers that a ' +
    'policy allows.',
  nullable: true,
  optional: true,
};

const INTERNAL_ACTION: Fields = {
  external_id: {
    description: 'The id that a service has chosen for its action.',
    nullable: true,
  },
  epoch: {
    description: 'The number of the epoch. A new epoch begins when Nova assigns ids a second time.',
    schema: INTEGER,
  },
  nova_id: { description: "Nova's id of the action, or the id in the own store.", schema: INTEGER },
};

const EVENT: Fields = {
  id: { description: 'The id of the event. The order of ids has no meaning.', schema: INTEGER },
  event: { description: 'The name of the step, such as compute_reboot_instance.', nullable: true },
  host: {
    description: 'The host of the step. Only for callers that a policy allows.',
    nullable: true,
    optional: true,
  },
  start_time: time('The start of the step.'),
  finish_time: time('The end of the step. Null while it is running.'),
  result: { description: 'Success or Error. Null while the step is running.', nullable: true },
};

const INTERNAL_EVENT: Fields = {
  traceback: { description: 'The traceback of a failed step.', nullable: true },
  details: { description: 'The reason why the step failed.', nullable: true },
};

const SERVER = objectSchema('Server of an action', {
  id: { description: 'The UUID of the server.', schema: UUID, nullable: true },
  name: { description: 'The name of the server.', nullable: true },
  project_id: { description: 'The project that owns the server.', nullable: true },
  user_id: { description: 'The user who created the server.', nullable: true },
  availability_zone: { description: 'The availability zone of the server.', nullable: true },
  created_at: time('The time at which the server was requested.'),
  launched_at: time('The time at which the server first started. Null before.'),
  deleted_at: time('The time at which the server was deleted. Null before.'),
});

export function events(view: ViewName): FieldInfo {
  const fields = { ...EVENT, ...(view === 'internal' && INTERNAL_EVENT) };
  return {
    description: 'The steps of the action, in the order in which Nova or the service recorded their starts.',
    schema: listOf(objectSchema(`Event, ${view} view`, fields)),
  };
}

function actionFields(view: ViewName): Fields {
  return { ...ACTION, cell: CELL, ...(view === 'internal' && INTERNAL_ACTION) };
}

/** Returns the schema of one action with its events and its server. */
function shown(view: ViewName): SchemaObject {
  const server: FieldInfo = {
    description: 'The server. Null if the log has no facts of it.',
    schema: { anyOf: [SERVER, { type: 'null' }] },
  };
  const fields = { ...actionFields(view), events: events(view), server };
  return objectSchema(`One action with its events, ${view} view`, fields, SHOWN[view]);
}

/** Returns the schema of one action that a service has recorded. */
function recorded(view: ViewName): SchemaObject {
  const fields = { ...actionFields(view), events: events(view) };
  return objectSchema(`Recorded action, ${view} view`, fields, RECORDED[view]);
}

/** Returns the schema of the response to a request that has recorded actions. */
function recordedList(view: ViewName): SchemaObject {
  const actions = {
    description: 'The actions, in the order of the request.',
    schema: listOf(recorded(view)),
  };
  return objectSchema(`Recorded actions, ${view} view`, { actions }, { actions: [RECORDED[view]] });
}

/** Returns the schema of a page of actions. */
function listed(view: ViewName): SchemaObject {
  const link = { type: 'string', format: 'uri' } as const;
  const item = objectSchema(`Action, ${view} view`, {
    ...actionFields(view),
    events: {
      ...events(view),
      description: 'The steps of the action, with `include=events`.',
      optional: true,
    },
  });
  const fields: Fields = {
    actions: { description: 'The actions.', schema: listOf(item) },
    next: {
      description:
        'The address of the next page. Absent on the last page. Any other page may have few actions, or none.',
      schema: link,
      optional: true,
    },
    previous: {
      description: 'The address of the previous page. Absent on the first page.',
      schema: link,
      optional: true,
    },
    scanned_to: {
      description:
        'The time up to which the search has come. Only on a page that is not full, although a next page follows.',
      schema: ZONED_TIME,
      optional: true,
    },
    stable_until: {
      description: 'The state of the log that the page shows.',
      schema: objectSchema('Stable until', {
        time: time(
          'The page contains all changes before this time. Null if the log is not complete yet, also shortly after a start.',
        ),
        position: {
          description: 'The page contains all entries up to this position. Only with `all_projects=true`.',
          schema: INTEGER,
          optional: true,
        },
      }),
    },
  };
  return objectSchema(`A page of the log, ${view} view`, fields, LISTED[view]);
}

/** Returns the schema of a line of an export. */
function exported(view: ViewName): SchemaObject {
  const last = (name: string, info: FieldInfo): SchemaObject =>
    objectSchema(`Last line, ${name}`, { [name]: info });
  return {
    title: `A line of an export, ${view} view`,
    anyOf: [
      shown(view),
      last('end', { description: 'The list has ended.', schema: { type: 'boolean', enum: [true] } }),
      last('next', {
        description: 'The address at which the client can continue the list.',
        schema: { type: 'string', format: 'uri' },
      }),
    ],
    example: SHOWN[view],
  };
}

export const exportedResponse = { external: exported('external'), internal: exported('internal') };
export const recordedResponse = { external: recorded('external'), internal: recorded('internal') };
export const recordedListResponse = {
  external: recordedList('external'),
  internal: recordedList('internal'),
};
export const shownResponse = { external: shown('external'), internal: shown('internal') };
export const listedResponse = { external: listed('external'), internal: listed('internal') };
