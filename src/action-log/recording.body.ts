import type { BodySchema } from '../nova/body/body-schema.js';
import { BodyProperty } from '../nova/body/body-property.js';

/** The schema of the texts in Nova's columns. */
const TEXT: BodySchema = { type: 'string', minLength: 1, maxLength: 255 };
export const LONG_TEXT: BodySchema = { type: 'string', maxLength: 65_535 };
export const TIME: BodySchema = { type: 'string', format: 'date-time' };
export const UUID: BodySchema = {
  type: 'string',
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
};
const STATUS: BodySchema = { type: 'string', enum: ['success', 'error', 'unknown'] };
const RESULT: BodySchema = { type: 'string', enum: ['Success', 'Error'] };

/** The ids that the service makes itself have these prefixes. */
const EXTERNAL_ID: BodySchema = {
  type: 'string',
  minLength: 1,
  maxLength: 512,
  pattern: '^(?!key:|import:)',
};

const REPEATS =
  'An id that you choose. A repeated request with the same id and the same content changes nothing. ' +
  'It must be unique among your';

/** The maximum number of actions, and of events of an action, in a request. */
const MAX_ACTIONS = 100;
const MAX_EVENTS = 100;

class NamedServerBody {
  @BodyProperty({
    schema: UUID,
    description: 'The UUID of the server, in lower case.',
    example: '7d3f0c52-6f0e-4b8e-9a55-2d1c6a0f4e11',
  })
  readonly id!: string;

  @BodyProperty({
    schema: TEXT,
    description:
      'The project that owns the server. Only optional if the log knows the server. It never changes.',
    optional: true,
    example: '453265',
  })
  readonly project_id?: string;

  @BodyProperty({
    schema: TEXT,
    description: 'The user who created the server. Only the first action on a server sets it.',
    optional: true,
    example: '35746',
  })
  readonly user_id?: string;

  @BodyProperty({
    schema: TEXT,
    description: 'The name of the server. Only the first action on a server sets it.',
    optional: true,
    example: 'rack-7-node-3',
  })
  readonly name?: string;
}

class NewEventBody {
  @BodyProperty({
    schema: TEXT,
    description: 'The name of the step.',
    example: 'write_image',
  })
  readonly event!: string;

  @BodyProperty({
    schema: TEXT,
    description: 'The host of the step.',
    optional: true,
    example: 'deploy-1.example.org',
  })
  readonly host?: string;

  @BodyProperty({
    schema: TIME,
    description: 'The start of the step. By default the current time, or the end if it is earlier.',
    optional: true,
  })
  readonly start_time?: string;

  @BodyProperty({
    schema: TIME,
    description:
      'The end of the step. With it, the result is required. By default the current time if there is a result.',
    optional: true,
  })
  readonly finish_time?: string;

  @BodyProperty({ schema: RESULT, description: 'The result of a step that has finished.', optional: true })
  readonly result?: 'Success' | 'Error';

  @BodyProperty({ schema: LONG_TEXT, description: 'The reason why the step failed.', optional: true })
  readonly details?: string;

  @BodyProperty({ schema: LONG_TEXT, description: 'The traceback of a failed step.', optional: true })
  readonly traceback?: string;

  @BodyProperty({ schema: EXTERNAL_ID, description: `${REPEATS} events of the action.`, optional: true })
  readonly external_id?: string;
}

class NewActionBody {
  @BodyProperty({ schema: NamedServerBody, description: 'The server. Its first action registers it.' })
  readonly server!: NamedServerBody;

  @BodyProperty({ schema: TEXT, description: 'The name of the action.', example: 'rebuild' })
  readonly action!: string;

  @BodyProperty({
    schema: TEXT,
    description: 'The id of the request that started the action. By default a new id.',
    optional: true,
  })
  readonly request_id?: string;

  @BodyProperty({
    schema: TEXT,
    description: 'The user who requested the action.',
    optional: true,
    example: '35746',
  })
  readonly user_id?: string;

  @BodyProperty({
    schema: TEXT,
    description: 'The project of that user. By default your project.',
    optional: true,
  })
  readonly requester_project_id?: string;

  @BodyProperty({
    schema: TIME,
    description: 'The time of the action in the log: the list is in its order. By default the current time.',
    optional: true,
  })
  readonly created_at?: string;

  @BodyProperty({
    schema: TIME,
    description: 'The start of the action. By default `created_at`, or the end if it is earlier.',
    optional: true,
  })
  readonly started_at?: string;

  @BodyProperty({
    schema: TIME,
    description:
      'The end of the action. With it, the status is required. By default the current time if there is a status.',
    optional: true,
  })
  readonly finished_at?: string;

  @BodyProperty({ schema: STATUS, description: 'The status of an action that has finished.', optional: true })
  readonly status?: 'success' | 'error' | 'unknown';

  @BodyProperty({
    schema: TEXT,
    description: 'The error message. By default `Error` if the action has failed.',
    optional: true,
  })
  readonly message?: string;

  @BodyProperty({
    schema: EXTERNAL_ID,
    description: `${REPEATS} actions.`,
    optional: true,
    example: 'deployment 4711',
  })
  readonly external_id?: string;

  @BodyProperty({
    schema: NewEventBody,
    maxItems: MAX_EVENTS,
    description: 'The steps of the action.',
    optional: true,
  })
  readonly events?: readonly NewEventBody[];
}

/** The body of a request that records actions. */
export class NewActionsBody {
  @BodyProperty({ schema: NewActionBody, maxItems: MAX_ACTIONS, description: 'The new actions.' })
  readonly actions!: readonly NewActionBody[];
}

/** The body of a request that adds events. */
export class NewEventsBody {
  @BodyProperty({ schema: NewEventBody, maxItems: MAX_EVENTS, description: 'The new events.' })
  readonly events!: readonly NewEventBody[];
}

/** The body of a request that finishes an action. */
export class ActionEndBody {
  @BodyProperty({ schema: STATUS, description: 'The status of the action.' })
  readonly status!: 'success' | 'error' | 'unknown';

  @BodyProperty({
    schema: TIME,
    description: 'The end of the action. By default the current time.',
    optional: true,
  })
  readonly finished_at?: string;

  @BodyProperty({
    schema: TEXT,
    description: 'The error message. By default `Error` if the action has failed.',
    optional: true,
  })
  readonly message?: string;
}

/** The body of a request that finishes an event. */
export class EventEndBody {
  @BodyProperty({ schema: RESULT, description: 'The result of the step.' })
  readonly result!: 'Success' | 'Error';

  @BodyProperty({
    schema: TIME,
    description: 'The end of the step. By default the current time.',
    optional: true,
  })
  readonly finish_time?: string;

  @BodyProperty({ schema: LONG_TEXT, description: 'The reason why the step failed.', optional: true })
  readonly details?: string;

  @BodyProperty({ schema: LONG_TEXT, description: 'The traceback of a failed step.', optional: true })
  readonly traceback?: string;
}
