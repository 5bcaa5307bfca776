import {
  type FieldInfo,
  linksField,
  listOf,
  objectSchema,
  type SchemaObject,
  TIME,
  UUID,
} from '../nova/schema/fields.js';
import { sameForBothViews } from '../nova/view/view.js';
import { EXTERNAL_EXAMPLE, INTERNAL_EXAMPLE, LIST_EXAMPLE } from './example-responses.js';

const ACTION: Readonly<Record<string, FieldInfo>> = {
  action: { description: 'The action, such as create, reboot or resize.', nullable: true },
  instance_uuid: { description: 'The UUID of the server.', schema: UUID },
  request_id: { description: 'The id of the request that started the action.', nullable: true },
  user_id: {
    description: 'The user who requested the action. Null if Nova itself started it.',
    nullable: true,
  },
  project_id: {
    description: 'The project of that user. Null if Nova itself started the action.',
    nullable: true,
  },
  start_time: { description: 'The start of the action, in UTC.', schema: TIME, nullable: true },
  message: { description: 'The error message. Null if there was no error.', nullable: true },
  updated_at: {
    description: 'The time of the last change, in UTC.',
    schema: TIME,
    nullable: true,
    since: '2.58',
  },
};

const INTERNAL: Readonly<Record<string, FieldInfo>> = {
  traceback: { description: 'The traceback of a failed step. Only in the internal view.', nullable: true },
  host: { description: 'The host of the step. Only in the internal view.', nullable: true, since: '2.62' },
};

/** Returns the fields of an event, in the order of the response. */
function eventFields(view: 'external' | 'internal'): Readonly<Record<string, FieldInfo>> {
  return {
    event: { description: 'The name of the step, such as schedule or compute_run_instance.', nullable: true },
    start_time: { description: 'The start of the step, in UTC.', schema: TIME, nullable: true },
    finish_time: {
      description: 'The end of the step, in UTC. Null while it is running.',
      schema: TIME,
      nullable: true,
    },
    result: { description: 'Success or Error. Null while the step is running.', nullable: true },
    ...(view === 'internal' && INTERNAL),
    hostId: {
      description:
        'A hash of the project and the host. All events of a project on the same host have the same hash. Empty if ' +
        'the event has no host.',
      since: '2.62',
    },
    details: {
      description: 'The reason why the step failed. Only for callers that a separate policy allows.',
      nullable: true,
      since: '2.84',
    },
  };
}

function shown(view: 'external' | 'internal', example: object): SchemaObject {
  const action = objectSchema('Action', {
    ...ACTION,
    events: {
      description: 'The steps, newest first.',
      schema: listOf(objectSchema('Event', eventFields(view))),
      ...(view === 'external' && { since: '2.51' }),
    },
  });
  return objectSchema(
    `One action, ${view} view`,
    { instanceAction: { description: 'The action.', schema: action } },
    example,
  );
}

const list = objectSchema(
  'A page of actions',
  {
    instanceActions: {
      description: 'The actions, newest first.',
      schema: listOf(objectSchema('Action', ACTION)),
    },
    links: linksField('The link to the next page. Absent on the last page.', '2.58'),
  },
  LIST_EXAMPLE,
);

export const showResponse = {
  external: shown('external', EXTERNAL_EXAMPLE),
  internal: shown('internal', INTERNAL_EXAMPLE),
};
export const listResponse = sameForBothViews(list);
