import { INTEGER, listOf, objectSchema, type SchemaObject, ZONED_TIME } from '../nova/schema/fields.js';
import { HISTORY } from './action-log.example.js';
import { events, type Fields, time, type ViewName } from './action-log.schema.js';

const ENTRY: Fields = {
  position: {
    description: 'The position of the entry in the record. Only for callers that a policy allows.',
    schema: INTEGER,
    optional: true,
  },
  recorded_at: { description: 'The time at which the record got the entry.', schema: ZONED_TIME },
  kind: {
    description:
      'action: the action has changed. corrected: the recorder found the change only when it compared all rows.',
    schema: { type: 'string', enum: ['action', 'corrected'] },
  },
  message: { description: 'The error message at that time.', nullable: true },
  started_at: time('The start of the action.'),
  finished_at: time(
    'The end of the action, if Nova or the service stated it at that time. Nova states only the ends of the events.',
  ),
  updated_at: time('The last change of the action at that time.'),
};

const INTERNAL_ENTRY: Fields = {
  place: {
    description: 'The place of the row in Nova: the main table, a shadow table, or none.',
    schema: { type: 'string', enum: ['main', 'shadow', 'purged', 'removed'] },
  },
  reason: {
    description: 'late: the copy did not have the action. changed: the copy had another version of it.',
    schema: { type: ['string', 'null'], enum: ['late', 'changed', null] },
  },
};

/** Returns the schema of a page of the history of an action. */
function history(view: ViewName): SchemaObject {
  const entry = objectSchema(`Entry, ${view} view`, {
    ...ENTRY,
    ...(view === 'internal' && INTERNAL_ENTRY),
    events: events(view),
  });
  const fields: Fields = {
    entries: {
      description: 'The versions of the action. The newest one comes first.',
      schema: listOf(entry),
    },
    next: {
      description: 'The address of the next page. Absent on the last page.',
      schema: { type: 'string', format: 'uri' },
      optional: true,
    },
  };
  return objectSchema(`The history of an action, ${view} view`, fields, HISTORY[view]);
}

export const entriesResponse = { external: history('external'), internal: history('internal') };
