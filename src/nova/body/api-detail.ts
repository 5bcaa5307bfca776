import type { BodySchema, TypeName } from './body-schema.js';

/** The names of the types in messages. */
const TYPES: { readonly [Type in TypeName]: string } = {
  ...{ object: 'an object', array: 'a list', string: 'a text', integer: 'an integer' },
  ...{ number: 'a number', boolean: 'true or false', null: 'null' },
};

/** The problems of the values that do not fulfill a keyword. They do not quote the value, which can be large. */
const DETAILS: { readonly [Name in keyof BodySchema]: (expected: NonNullable<BodySchema[Name]>) => string } =
  {
    type: (expected) =>
      `the value is not ${[expected]
        .flat()
        .map((type) => TYPES[type])
        .join(' or ')}`,
    enum: (expected) => `the value is not one of ${expected.join(', ')}`,
    format: (expected) =>
      expected === 'date-time'
        ? 'the text is not a time with a zone such as 2026-11-01T00:00:00Z'
        : `the text is not of the format ${expected}`,
    pattern: (expected) => `the text does not match ${expected}`,
    minimum: (expected) => `the number is less than ${expected}`,
    maximum: (expected) => `the number is greater than ${expected}`,
    minLength: (expected) =>
      expected === 1 ? 'the text is empty' : `the text has less than ${expected} characters`,
    maxLength: (expected) => `the text has more than ${expected} characters`,
    minItems: (expected) =>
      expected === 1 ? 'the list is empty' : `the list has less than ${expected} items`,
    maxItems: (expected) => `the list has more than ${expected} items`,
  };

/** Returns the problem of a value that does not fulfill a keyword of its schema. */
export function detailOf(schema: BodySchema, keyword: keyof BodySchema): string {
  const detail = DETAILS[keyword] as ((expected: unknown) => string) | undefined;
  return detail?.(schema[keyword]) ?? `the value does not fulfill ${keyword} of its schema`;
}
