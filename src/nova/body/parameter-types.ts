import type { BodySchema } from './body-schema.js';

/** The schema of most names in Nova's bodies. */
export const NAME: BodySchema = { type: 'string', format: 'name', minLength: 1, maxLength: 255 };

/** The schema of a number of 1 or more. Nova also accepts a text with such a number. */
export const POSITIVE_INTEGER: BodySchema = {
  type: ['integer', 'string'],
  pattern: '^[0-9]*$',
  minimum: 1,
  minLength: 1,
};
