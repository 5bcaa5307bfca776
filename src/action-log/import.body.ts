import { STATUSES } from '../ledger/search/wanted.js';
import type { BodySchema } from '../nova/body/body-schema.js';
import { BodyProperty } from '../nova/body/body-property.js';
import { LONG_TEXT, TIME, UUID } from './recording.body.js';

/** The texts of Nova's columns. Another log may have empty ones. */
const TEXT: BodySchema = { type: 'string', maxLength: 255 };
const INTEGER: BodySchema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

/** The maximum number of events in a line. The limit of its length applies first. */
const MAX_EVENTS = 10_000;

const optional = (schema: BodySchema, description: string): PropertyDecorator =>
  BodyProperty({ schema, description, optional: true }) as PropertyDecorator;

const ignored = 'It has no effect: the action gets a new one.';

class EventOfLine {
  @optional(INTEGER, `The id of the event in the other log. ${ignored}`)
  readonly id?: number;

  @BodyProperty({
    schema: TEXT,
    description: 'The name of the step.',
    optional: true,
    example: 'write_image',
  })
  readonly event?: string;

  @optional(TEXT, 'The host of the step.')
  readonly host?: string;

  @BodyProperty({
    ...{ schema: TIME, description: 'The start of the step.', optional: true },
    example: '2026-11-27T04:16:20.000000Z',
  })
  readonly start_time?: string;

  @BodyProperty({
    ...{ schema: TIME, description: 'The end of the step.', optional: true },
    example: '2026-11-27T04:16:22.000000Z',
  })
  readonly finish_time?: string;

  @BodyProperty({ schema: TEXT, description: 'Success or Error.', optional: true, example: 'Success' })
  readonly result?: string;

  @optional(LONG_TEXT, 'The traceback of a failed step.')
  readonly traceback?: string;

  @optional(LONG_TEXT, 'The reason why the step failed.')
  readonly details?: string;
}

class ServerOfLine {
  @optional(UUID, 'The UUID of the server: the same as `server_id`.')
  readonly id?: string;

  @BodyProperty({
    schema: TEXT,
    description: 'The name of the server.',
    optional: true,
    example: 'rack-7-node-3',
  })
  readonly name?: string;

  @optional(TEXT, 'The project that owns the server: the same as `project_id` of the action.')
  readonly project_id?: string;

  @optional(TEXT, 'The user who created the server.')
  readonly user_id?: string;

  @optional(TEXT, 'The availability zone of the server.')
  readonly availability_zone?: string;

  @optional(TIME, 'The time at which the server was requested.')
  readonly created_at?: string;

  @optional(TIME, 'The time at which the server first started.')
  readonly launched_at?: string;

  @optional(TIME, 'The time at which the server was deleted.')
  readonly deleted_at?: string;
}

/** A line of an import: an action as an export has it. */
export class LineBody {
  @BodyProperty({
    schema: INTEGER,
    description: 'The id of the action in the other log. It identifies the action in a repeated import.',
    optional: true,
    example: 4503599627370497,
  })
  readonly id?: number;

  @BodyProperty({
    schema: UUID,
    description: 'The UUID of the server.',
    optional: true,
    example: '7d3f0c52-6f0e-4b8e-9a55-2d1c6a0f4e11',
  })
  readonly server_id?: string;

  @BodyProperty({
    schema: TEXT,
    description: 'The project that owns the server. The first action on a server sets it.',
    optional: true,
    example: '453265',
  })
  readonly project_id?: string;

  @optional(TEXT, 'The user who requested the action.')
  readonly user_id?: string;

  @optional(TEXT, 'The project of that user.')
  readonly requester_project_id?: string;

  @optional(TEXT, 'The id of the request that started the action.')
  readonly request_id?: string;

  @BodyProperty({ schema: TEXT, description: 'The name of the action.', optional: true, example: 'rebuild' })
  readonly action?: string;

  @BodyProperty({ schema: { type: 'string', enum: [...STATUSES] }, description: 'The status of the action.' })
  readonly status!: (typeof STATUSES)[number];

  @optional(TEXT, 'The error message.')
  readonly message?: string;

  @BodyProperty({
    ...{ schema: TIME, description: 'The time at which the action was stored.', optional: true },
    example: '2026-11-27T04:16:20.000000Z',
  })
  readonly created_at?: string;

  @optional(TIME, 'The start of the action.')
  readonly started_at?: string;

  @optional(TIME, 'The end of the action.')
  readonly finished_at?: string;

  @optional(TIME, 'The last change of the action or its events.')
  readonly updated_at?: string;

  @optional(TEXT, `The name of the cell. ${ignored}`)
  readonly cell?: string;

  @optional(
    { type: 'string', minLength: 1, maxLength: 512 },
    'The id that a service has chosen for its action. It identifies the action if the line has no `id`.',
  )
  readonly external_id?: string;

  @optional(INTEGER, `The number of the epoch. ${ignored}`)
  readonly epoch?: number;

  @optional(INTEGER, `Nova's id of the action. ${ignored}`)
  readonly nova_id?: number;

  @BodyProperty({
    ...{ schema: EventOfLine, maxItems: MAX_EVENTS, description: 'The steps of the action.' },
    optional: true,
  })
  readonly events?: readonly EventOfLine[];

  @BodyProperty({ schema: ServerOfLine, description: 'The facts of the server.', optional: true })
  readonly server?: ServerOfLine;
}
