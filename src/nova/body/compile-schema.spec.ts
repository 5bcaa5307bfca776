import { describe, expect, it } from '@jest/globals';
import { parsePythonJson } from '../python/json.js';
import { pythonRepr } from '../python/repr.js';
import type { BodySchema } from './body-schema.js';
import { compileSchema } from './compile-schema.js';

const KEY = '^[a-zA-Z0-9-_:. ]{1,255}$';
const LOCATED = 'Invalid input for field/attribute x. Value: ';

// Compared with the messages of Nova's validator with jsonschema 4.26.
const MESSAGES: readonly (readonly [schema: BodySchema, json: string, message: string])[] = [
  [{ type: 'array', items: { type: 'integer' }, prefixItems: [{ type: 'string' }] }, '["a", 1]', 'valid'],
  [
    { type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'integer' } },
    '["a", 1, "b"]',
    "Invalid input for field/attribute 2. Value: b. 'b' is not of type 'integer'",
  ],
  [{ uniqueItems: true }, '[1, 1.0]', '[1, 1.0]. [1, 1.0] has non-unique elements'],
  [{ uniqueItems: true }, '[1, true, "1", [1], [true]]', 'valid'],
  [
    { uniqueItems: true },
    '[{"a": 1, "b": 2}, {"b": 2.0, "a": 1}]',
    "[{'a': 1, 'b': 2}, {'b': 2.0, 'a': 1}]. [{'a': 1, 'b': 2}, {'b': 2.0, 'a': 1}] has non-unique elements",
  ],
  [{ minItems: 2 }, '[1]', '[1]. [1] is too short'],
  [{ maxItems: 0 }, '[1]', '[1]. [1] is expected to be empty'],
  [{ minProperties: 1 }, '{}', '{}. {} should be non-empty'],
  [{ minProperties: 2 }, '{"a": 1}', "{'a': 1}. {'a': 1} does not have enough properties"],
  [{ maxProperties: 1 }, '{"a": 1, "b": 2}', "{'a': 1, 'b': 2}. {'a': 1, 'b': 2} has too many properties"],
  [{ maxProperties: 0 }, '{"a": 1}', "{'a': 1}. {'a': 1} is expected to be empty"],
  [{ minLength: 2 }, '"\ud83d\ude00"', "\ud83d\ude00. '\ud83d\ude00' is too short"],
  [{ maxLength: 1 }, '"\ud83d\ude00"', 'valid'],
  [{ minimum: 1 }, '"-5"', '-5. -5 is less than the minimum of 1'],
  [{ minimum: 1 }, '" 0 "', ' 0 . 0 is less than the minimum of 1'],
  [{ minimum: 1 }, '0.5', '0.5. 0 is less than the minimum of 1'],
  [{ minimum: 1 }, '"0.5"', '0.5. 0.5 is less than the minimum of 1'],
  [{ minimum: 1 }, 'false', 'False. 0 is less than the minimum of 1'],
  [{ minimum: 1 }, 'NaN', 'valid'],
  [{ minimum: 1 }, '[]', 'valid'],
  [
    { maximum: 2147483647 },
    '"9007199254740993"',
    '9007199254740993. 9007199254740993 is greater than the maximum of 2147483647',
  ],
  [{ maximum: 2147483647 }, '2147483648', '2147483648. 2147483648 is greater than the maximum of 2147483647'],
  [{ maximum: 5 }, '"1_0"', '1_0. 10 is greater than the maximum of 5'],
  [{ maximum: 5 }, '"1e3"', '1e3. 1000.0 is greater than the maximum of 5'],
  [{ maximum: 5 }, `"${'9'.repeat(4_301)}"`, `${'9'.repeat(4_301)}. inf is greater than the maximum of 5`],
  [{ exclusiveMinimum: 0 }, '0', '0. 0 is less than or equal to the minimum of 0'],
  [{ exclusiveMinimum: 0 }, '-0.5', '-0.5. -0.5 is less than or equal to the minimum of 0'],
  [{ exclusiveMinimum: 0 }, '"0"', 'valid'],
  [{ enum: [true, 'on'] }, 'true', 'valid'],
  [{ enum: [true, 'on'] }, '1', "1. 1 is not one of [True, 'on']"],
  [{ enum: [true, 'on'] }, '"off"', "off. 'off' is not one of [True, 'on']"],
  [
    { additionalProperties: false, patternProperties: { [KEY]: { type: 'string' } } },
    '{"a b": 1}',
    "Invalid input for field/attribute a b. Value: 1. 1 is not of type 'string'",
  ],
  [
    { additionalProperties: false, patternProperties: { [KEY]: { type: 'string' } } },
    '{"\u00e9": "", "": ""}',
    "{'\u00e9': '', '': ''}. '', '\u00e9' do not match any of the regexes: '^[a-zA-Z0-9-_:. ]{1,255}$'",
  ],
  [
    { additionalProperties: false, patternProperties: { [KEY]: { type: 'string' } } },
    '{"*": ""}',
    "{'*': ''}. '*' does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{1,255}$'",
  ],
  [
    { additionalProperties: false, properties: {} },
    '{"\ud83d\ude00": 1, "\uffff": 2}',
    "{'\ud83d\ude00': 1, '\\uffff': 2}. Additional properties are not allowed ('\\uffff', '\ud83d\ude00' were unexpected)",
  ],
  [
    { allOf: [{ type: 'string', format: 'name' }, { pattern: '^[a-z]+$' }] },
    '"A"',
    "A. 'A' does not match '^[a-z]+$'",
  ],
  [
    { allOf: [{ type: 'string', format: 'name' }, { pattern: '^[a-z]+$' }] },
    '" a"',
    "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace.",
  ],
  [
    { anyOf: [{ type: 'null' }, { type: 'integer' }] },
    '"a"',
    "a. 'a' is not valid under any of the given schemas",
  ],
  [{ anyOf: [{ required: ['a'] }, { required: ['b'] }] }, '{"b": 1}', 'valid'],
  [
    {
      oneOf: [
        { type: 'string', format: 'uuid' },
        { type: 'string', maxLength: 0 },
      ],
    },
    '"x"',
    "x. 'x' is not valid under any of the given schemas",
  ],
  [
    {
      oneOf: [
        { type: 'string', format: 'uuid' },
        { type: 'string', maxLength: 0 },
      ],
    },
    '""',
    'valid',
  ],
  [
    { oneOf: [{ type: 'string' }, { minLength: 1 }, { enum: ['a', true] }] },
    '"a"',
    "a. 'a' is valid under each of {'minLength': 1}, {'enum': ['a', True]}, {'type': 'string'}",
  ],
  [{ pattern: '^(?! )[a-z. ]+(?<! )$' }, '"a\\n"', 'valid'],
  [{ pattern: '^(?! )[a-z. ]+(?<! )$' }, '"a "', "a . 'a ' does not match '^(?! )[a-z. ]+(?<! )$'"],
  [{ pattern: '^.$' }, '"\u2028"', 'valid'],
  [{ pattern: '^.$' }, '"\ud83d\ude00"', 'valid'],
  [{ pattern: '^[_\\-\\@\\. a-z]+$' }, '"-@."', 'valid'],
  [
    { format: 'name' },
    '"\\n"',
    "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace.",
  ],
  [
    { format: 'az_name' },
    '"a:b"',
    "An invalid 'name' value was provided. The name must be: printable characters except :.Can not start or end with whitespace.",
  ],
  [
    { format: 'name_with_leading_trailing_spaces' },
    '"  "',
    "An invalid 'name' value was provided. The name must be: printable characters with at least one non space character",
  ],
  [{ format: 'name_with_leading_trailing_spaces' }, '" a "', 'valid'],
  [
    { format: 'az_name_with_leading_trailing_spaces' },
    '" : "',
    "An invalid 'name' value was provided. The name must be: printable characters except :, with at least one non space character",
  ],
  [{ format: 'uuid' }, '"{7D2E2A7E-1f4c4b3a9e55-1234567890ab}"', 'valid'],
  [{ format: 'uuid' }, '"7d2e2a7e"', "7d2e2a7e. '7d2e2a7e' is not a 'uuid'"],
  [{ format: 'ipv4' }, '"01.2.3.4"', "01.2.3.4. '01.2.3.4' is not a 'ipv4'"],
  [{ format: 'ipv4' }, '"1.2.3.4"', 'valid'],
  [{ format: 'ipv6' }, '"fe80::1%eth0"', "fe80::1%eth0. 'fe80::1%eth0' is not a 'ipv6'"],
  [{ format: 'ipv6' }, '"::ffff:1.2.3.4"', 'valid'],
  [{ format: 'base64' }, '"YW=="', 'valid'],
  [{ format: 'base64' }, '"Y"', "Y. 'Y' is not a 'base64'"],
  [{ format: 'base64' }, '"YW="', "YW=. 'YW=' is not a 'base64'"],
];

describe('the check of a schema', () => {
  it.each(MESSAGES)("the check of the schema %j gives Nova's result for %s: %s", (schema, json, message) => {
    const found = compileSchema(schema, 'strict', 'x')(parsePythonJson(json));
    expect(found?.replace(LOCATED, '') ?? 'valid').toBe(message);
  });

  it.each([
    [{ const: 1 }, 'a body schema cannot have the keyword const'],
    [{ constructor: 1 }, 'a body schema cannot have the keyword constructor'],
    [{ properties: { a: { items: { not: {} } } } }, 'a body schema cannot have the keyword not'],
    [{ format: 'uri' }, 'a body schema cannot have the format uri'],
    [{ format: 'toString' }, 'a body schema cannot have the format toString'],
    [{ pattern: '\\d+' }, 'a pattern cannot contain \\d: write the characters in brackets'],
    [{ pattern: '(?P<a>b)' }, 'Invalid regular expression'],
    [{ patternProperties: { '[a': {} } }, 'Invalid regular expression'],
  ])('the check of the unsupported schema %j cannot be created', (schema, message) => {
    expect(() => compileSchema(schema as BodySchema, 'strict')).toThrow(message);
  });

  it.each(['name', 'az_name_with_leading_trailing_spaces', 'uuid', 'base64'] as const)(
    'the check of the format %s finishes for a text of a million characters',
    (format) => {
      expect(compileSchema({ format }, 'strict')(`a${' '.repeat(1_000_000)}\t`)).toBeDefined();
    },
  );
});

describe('the relaxed check of an object', () => {
  const schema: BodySchema = {
    properties: { a: { type: 'integer' }, b: { properties: { c: {} }, additionalProperties: false } },
    required: ['a'],
    additionalProperties: false,
  };

  // Compared with the results of Nova's validator for requests below /v2.
  it.each([
    ['{"x": 1, "a": 1, "y": 2}', undefined, "{'a': 1}"],
    ['{"a": 1, "b": {"c": 1, "x": 1}}', undefined, "{'a': 1, 'b': {'c': 1}}"],
    ['{"a": 1, "b": {"x": 1}}', undefined, "{'a': 1, 'b': {'x': 1}}"],
    ['{"x": 1}', "'a' is a required property", "{'x': 1}"],
    ['{"a": 1, "__proto__": {}}', undefined, "{'a': 1}"],
  ])('the relaxed check of %s removes unknown properties beside known ones', (json, message, left) => {
    const value = parsePythonJson(json);
    expect(compileSchema(schema, 'relaxed')(value)).toBe(message);
    expect(pythonRepr(value)).toBe(left);
  });

  it('the relaxed check of an object with patterns rejects unknown properties', () => {
    const check = compileSchema({ patternProperties: { '^a': {} }, additionalProperties: false }, 'relaxed');
    expect(check(parsePythonJson('{"a": 1, "x": 1}'))).toBe(
      "Additional properties are not allowed ('x' was unexpected)",
    );
  });
});
