import { equalityKey } from '../python/equality.js';
import {
  parsePythonJson,
  PythonFloat,
  type PythonDict,
  type PythonList,
  type PythonValue,
} from '../python/json.js';
import { isNumber, numberIn, plainNumber, type PythonNumber } from '../python/number.js';
import { pythonPattern } from '../python/pattern.js';
import { isDict, isList, lengthOf, pythonRepr, pythonSorted, pythonStr } from '../python/repr.js';
import type { BodySchema, Problem, Strictness, TypeName } from './body-schema.js';
import { formatCheck } from './formats.js';

/** Returns the first problem of a value. */
export type Check = (value: PythonValue) => Problem;

/** Makes the check of one keyword. @throws Error if the kit does not support the value of the keyword */
type Keyword<Name extends keyof BodySchema> = (
  expected: NonNullable<BodySchema[Name]>,
  context: {
    /** The schema that contains the keyword. */
    readonly schema: BodySchema;
    readonly strictness: Strictness;
    /** Makes the check of a schema inside the keyword. */
    readonly compile: (schema: BodySchema) => Check;
  },
) => Check;

/** The checks of all keywords, with the messages of Python's jsonschema. */
export const KEYWORDS: { readonly [Name in keyof Required<BodySchema>]: Keyword<Name> } = {
  type: (expected) => {
    const types = [expected].flat();
    const names = types.map(pythonRepr).join(', ');
    return (value) => problemIf(!types.some((type) => TYPES[type](value)), value, `is not of type ${names}`);
  },
  enum: (expected) => {
    const keys = new Set(expected.map(equalityKey));
    const problem = `is not one of ${pythonRepr(expected)}`;
    return (value) => problemIf(!keys.has(equalityKey(value)), value, problem);
  },
  format: (expected) => ofText(formatCheck(expected)),
  pattern: (expected) => {
    const pattern = pythonPattern(expected);
    const problem = `does not match ${pythonRepr(expected)}`;
    return ofText((text) => problemIf(!pattern.test(text), text, problem));
  },
  minimum: (expected) =>
    ofNumber(numberIn, (number) => number < expected, `is less than the minimum of ${expected}`),
  maximum: (expected) =>
    ofNumber(numberIn, (number) => number > expected, `is greater than the maximum of ${expected}`),
  exclusiveMinimum: (expected) =>
    ofNumber(numberOf, (number) => number <= expected, `is less than or equal to the minimum of ${expected}`),
  minLength: (expected) => ofText((text) => tooFew(text, lengthOf(text), expected, 'is too short')),
  maxLength: (expected) => ofText((text) => tooMany(text, lengthOf(text), expected, 'is too long')),
  minItems: (expected) => ofList((list) => tooFew(list, list.length, expected, 'is too short')),
  maxItems: (expected) => ofList((list) => tooMany(list, list.length, expected, 'is too long')),
  minProperties: (expected) =>
    ofDict((dict) => tooFew(dict, dict.size, expected, 'does not have enough properties')),
  maxProperties: (expected) =>
    ofDict((dict) => tooMany(dict, dict.size, expected, 'has too many properties')),
  uniqueItems: () =>
    ofList((list) =>
      problemIf(new Set(list.map(equalityKey)).size < list.length, list, 'has non-unique elements'),
    ),
  prefixItems: (expected, { compile }) => {
    const checks = expected.map(compile);
    return ofList((list) => first(checks, (check, index) => inside(check, list[index], index)));
  },
  items: (expected, { schema: { prefixItems = [] }, compile }) => {
    const check = compile(expected);
    return ofList((list) =>
      first(list, (item, index) => (index < prefixItems.length ? undefined : inside(check, item, index))),
    );
  },
  properties: (expected, { compile }) => {
    const checks = Object.entries(expected).map(([name, schema]) => [name, compile(schema)] as const);
    return ofDict((dict) => first(checks, ([name, check]) => inside(check, dict.get(name), name)));
  },
  patternProperties: (expected, { compile }) => {
    const checks = Object.entries(expected).map(
      ([pattern, schema]) => [pythonPattern(pattern), compile(schema)] as const,
    );
    return ofDict((dict) =>
      first(checks, ([pattern, check]) =>
        first([...dict], ([name, value]) => (pattern.test(name) ? inside(check, value, name) : undefined)),
      ),
    );
  },
  required: (expected) =>
    ofDict((dict) => {
      const missing = expected.find((name) => !dict.has(name));
      return missing === undefined ? undefined : about(missing, 'is a required property');
    }),
  additionalProperties: (expected, { schema: { properties = {}, patternProperties = {} }, strictness }) => {
    const patterns = pythonSorted(Object.keys(patternProperties));
    const compiled = patterns.map(pythonPattern);
    const isKnown = (name: string): boolean =>
      Object.hasOwn(properties, name) || compiled.some((pattern) => pattern.test(name));
    return ofDict((dict) => {
      const unknown = expected ? [] : [...dict.keys()].filter((name) => !isKnown(name));
      if (unknown.length === 0) return undefined;
      const names = listed(pythonSorted(unknown));
      const isOne = unknown.length === 1;
      if (strictness === 'relaxed') {
        if (unknown.length === dict.size) return undefined;
        if (patterns.length === 0) {
          for (const name of unknown) (dict as Map<string, PythonValue>).delete(name);
          return undefined;
        }
      } else if (patterns.length > 0) {
        return `${names} ${isOne ? 'does' : 'do'} not match any of the regexes: ${listed(patterns)}`;
      }
      return `Additional properties are not allowed (${names} ${isOne ? 'was' : 'were'} unexpected)`;
    });
  },
  allOf: (expected, { compile }) => {
    const checks = expected.map(compile);
    return (value) => first(checks, (check) => check(value));
  },
  anyOf: (expected, { compile }) => {
    const checks = expected.map(compile);
    return (value) =>
      problemIf(
        checks.every((check) => check(value) !== undefined),
        value,
        NONE_VALID,
      );
  },
  oneOf: (expected, { compile }) => {
    const checks = expected.map((schema) => [schema, compile(schema)] as const);
    return (value) => {
      const [one, ...others] = checks
        .filter(([, check]) => check(value) === undefined)
        .map(([schema]) => schema);
      if (one === undefined) return about(value, NONE_VALID);
      // Python's jsonschema names the first valid schema last.
      const all = [...others, one].map((schema) => schemaRepr(schema));
      return problemIf(others.length > 0, value, `is valid under each of ${all.join(', ')}`);
    };
  },
};

const NONE_VALID = 'is not valid under any of the given schemas';

const TYPES: { readonly [Type in TypeName]: (value: PythonValue) => boolean } = {
  object: isDict,
  array: isList,
  string: (value) => typeof value === 'string',
  // 1.0 is an integer in JSON Schema, but 1.5 is not.
  integer: (value) => isNumber(value) && (!(value instanceof PythonFloat) || Number.isInteger(value.value)),
  number: isNumber,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};

/** Makes a check of the number that `read` finds in a value. */
function ofNumber(
  read: (value: PythonValue) => PythonNumber | undefined,
  isInvalid: (number: number | bigint) => boolean,
  problem: string,
): Check {
  return (value) => {
    const number = read(value);
    return number === undefined ? undefined : problemIf(isInvalid(plainNumber(number)), number, problem);
  };
}

function numberOf(value: PythonValue): PythonNumber | undefined {
  return isNumber(value) ? value : undefined;
}

function ofText(check: (text: string) => Problem): Check {
  return (value) => (typeof value === 'string' ? check(value) : undefined);
}

function ofList(check: (list: PythonList) => Problem): Check {
  return (value) => (isList(value) ? check(value) : undefined);
}

function ofDict(check: (dict: PythonDict) => Problem): Check {
  return (value) => (isDict(value) ? check(value) : undefined);
}

function about(value: PythonValue, problem: string): string {
  return `${pythonRepr(value)} ${problem}`;
}

function problemIf(isInvalid: boolean, value: PythonValue, problem: string): Problem {
  return isInvalid ? about(value, problem) : undefined;
}

function tooFew(value: PythonValue, size: number, minimum: number, problem: string): Problem {
  return problemIf(size < minimum, value, minimum === 1 ? 'should be non-empty' : problem);
}

function tooMany(value: PythonValue, size: number, maximum: number, problem: string): Problem {
  return problemIf(size > maximum, value, maximum === 0 ? 'is expected to be empty' : problem);
}

/** Checks a value inside another one. An absent value has no problem. */
function inside(check: Check, value: PythonValue | undefined, name: string | number): Problem {
  return value === undefined ? undefined : located(check(value), value, name);
}

/** Completes a message about a value with the key or the index of the value. */
export function located(problem: Problem, value: PythonValue, name: string | number): Problem {
  if (typeof problem !== 'string') return problem;
  return { whole: `Invalid input for field/attribute ${name}. Value: ${pythonStr(value)}. ${problem}` };
}

function schemaRepr(schema: BodySchema): string {
  return pythonRepr(parsePythonJson(JSON.stringify(schema)));
}

function listed(texts: readonly string[]): string {
  return texts.map(pythonRepr).join(', ');
}

function first<Item, Found>(
  items: readonly Item[],
  find: (item: Item, index: number) => Found | undefined,
): Found | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}
