import {
  type FieldInfo,
  linksField,
  listOf,
  objectSchema,
  type SchemaObject,
  TIME,
} from '../nova/schema/fields.js';
import { sameForBothViews } from '../nova/view/view.js';
import { EXTERNAL_EXAMPLE, INTERNAL_EXAMPLE, LIST_EXAMPLE } from './example-responses.js';

const ACTION: Readonly<Record<string, FieldInfo>> = {
  action: { description: 'The action, such as create, reboot or resize.', nullable: true },
  instance_uuid: { description: 'The server.', schema: { type: 'string', format: 'uuid' } },
  request_id: { description: 'The id of the request that started it.', nullable: true },
  user_id: { description: 'The user who requested it; null if Nova itself did.', nullable: true },
  project_id: { description: 'The project of that user; null if Nova itself requested it.', nullable: true },
  start_time: { description: 'When it began, UTC.', schema: TIME, nullable: true },
  message: { description: 'The error, if there was one.', nullable: true },
  updated_at: { description: 'When it last changed, UTC.', schema: TIME, nullable: true, since: '2.58' },
};

const INTERNAL: Readonly<Record<string, FieldInfo>> = {
  traceback: { description: 'The traceback of a failed step. Internal view only.', nullable: true },
  host: { description: 'The host of the step. Internal view only.', nullable: true, since: '2.62' },
};

/** In the order of the answer. */
function eventFields(view: 'external' | 'internal'): Readonly<Record<string, FieldInfo>> {
  return {
    event: { description: 'The step, such as schedule or compute_run_instance.', nullable: true },
    start_time: { description: 'When the step began, UTC.', schema: TIME, nullable: true },
    finish_time: { description: 'When it ended, UTC; null while it runs.', schema: TIME, nullable: true },
    result: { description: 'Success or Error; null while it runs.', nullable: true },
    ...(view === 'internal' && INTERNAL),
    hostId: {
      description:
        'A hash of host and project: the same for all events of a project on one host; empty without a host.',
      since: '2.62',
    },
    details: {
      description: 'Why the step failed, in short; a separate policy controls it.',
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
    links: linksField('Where the next page is; absent on the last.', '2.58'),
  },
  LIST_EXAMPLE,
);

export const showResponse = {
  external: shown('external', EXTERNAL_EXAMPLE),
  internal: shown('internal', INTERNAL_EXAMPLE),
};
export const listResponse = sameForBothViews(list);
