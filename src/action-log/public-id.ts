import { isPublicId } from '../ledger/actions/public-ids.js';
import { ValidationFailed } from '../nova/fault/validation-failed.js';
import { INTEGER } from '../nova/schema/fields.js';
import { SHOWN } from './action-log.example.js';

const DIGITS = /^\d{1,16}$/;

/** The documentation of the path parameters `id` and `event_id`. */
export const DOCUMENTED_IDS = {
  id: { description: 'The id of the action.', schema: { ...INTEGER, example: SHOWN.external.id } },
  event_id: {
    description: 'The id of the event.',
    schema: { ...INTEGER, example: SHOWN.external.events[0]?.id },
  },
} as const;

/**
 * Returns the id that a path contains.
 *
 * @param parameter the name of the path parameter
 * @throws ValidationFailed if the text is not an integer below 2^53
 */
export function publicIdIn(parameter: string, text: string): number {
  const id = DIGITS.test(text) ? Number(text) : NaN;
  if (!isPublicId(id))
    throw new ValidationFailed([{ parameter, detail: `'${text}' is not an id of the log` }]);
  return id;
}
