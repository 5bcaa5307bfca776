import { type RequestProblem, ValidationFailed } from '../fault/validation-failed.js';
import type { PythonDict, PythonValue } from '../python/json.js';
import { isDict, isList } from '../python/repr.js';
import { detailOf } from './api-detail.js';
import { type BodyClass, schemaOf } from './body-property.js';
import type { BodySchema } from './body-schema.js';
import { bodyInstance } from './body-steps.js';
import { compileSchema } from './compile-schema.js';

/**
 * Checks the body of an `ApiRoute`.
 *
 * @returns a frozen instance of the class, as `checkBody` makes it
 * @throws ValidationFailed with all problems of the body
 */
export function readApiBody<Body extends object>(
  accepts: BodyClass<Body>,
  body: PythonValue,
): Readonly<Body> {
  const problems = problemsOf(schemaOfBody(accepts), body);
  if (problems.length > 0) throw new ValidationFailed(problems);
  return Object.freeze(bodyInstance(accepts, body as PythonDict));
}

const schemas = new WeakMap<BodyClass, BodySchema>();

/** Returns the schema of a body. It is the same object each time, because `checks` has its parts as keys. */
function schemaOfBody(accepts: BodyClass): BodySchema {
  const schema = schemas.get(accepts) ?? schemaOf({ schema: accepts });
  schemas.set(accepts, schema);
  return schema;
}

/** Returns the problem of a value; undefined for a valid one. */
type Check = (value: PythonValue) => string | undefined;

const checks = new WeakMap<BodySchema, Check>();

/** The keywords about the properties and the items of a value. */
const PARTS: ReadonlySet<string> = new Set<keyof BodySchema>([
  ...(['properties', 'required', 'additionalProperties', 'items', 'prefixItems'] as const),
]);

/** Returns the check of all keywords of a schema except `PARTS`. */
function checkOf(schema: BodySchema): Check {
  const known = checks.get(schema);
  if (known !== undefined) return known;
  // The check of unknown properties also needs the patterns. A schema with patterns is checked as a whole.
  const keywords = (Object.keys(schema) as (keyof BodySchema)[]).filter((keyword) => !PARTS.has(keyword));
  const compiled =
    schema.patternProperties === undefined
      ? keywords.map((keyword) => [keyword, compileSchema({ [keyword]: schema[keyword] }, 'strict')] as const)
      : [['patternProperties', compileSchema(schema, 'strict')] as const];
  const check: Check = (value) => {
    const broken = compiled.find(([, messageOf]) => messageOf(value) !== undefined);
    return broken && detailOf(schema, broken[0]);
  };
  checks.set(schema, check);
  return check;
}

/**
 * Returns all problems of a value, with JSON pointers from the value. A value whose own keywords have a problem has only
 * this problem, because the problems of its parts result from it.
 */
function problemsOf(schema: BodySchema, value: PythonValue): readonly RequestProblem[] {
  const detail = checkOf(schema)(value);
  if (detail !== undefined) return [{ pointer: '', detail }];
  if (isDict(value)) return ofProperties(schema, value);
  return isList(value) ? ofItems(schema, value) : NONE;
}

const NONE: readonly RequestProblem[] = [];

function ofProperties(schema: BodySchema, dict: PythonDict): readonly RequestProblem[] {
  const { properties = {}, required = [], additionalProperties = true, patternProperties } = schema;
  if (patternProperties !== undefined) return NONE;
  const problems: RequestProblem[] = [];
  for (const name of required)
    if (!dict.has(name)) problems.push({ pointer: partOf(name), detail: 'the property is required' });
  for (const [name, value] of dict) {
    const inner = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (inner !== undefined) addPart(problems, name, problemsOf(inner, value));
    else if (!additionalProperties)
      problems.push({ pointer: partOf(name), detail: 'the body has no such property' });
  }
  return problems;
}

function ofItems({ prefixItems = [], items }: BodySchema, list: readonly PythonValue[]): RequestProblem[] {
  const problems: RequestProblem[] = [];
  for (const [index, value] of list.entries()) {
    const schema = prefixItems[index] ?? items;
    if (schema !== undefined) addPart(problems, String(index), problemsOf(schema, value));
  }
  return problems;
}

/** Adds the problems of a part of a value. Most values have none, so only a problem costs the text of its pointer. */
function addPart(problems: RequestProblem[], name: string, ofPart: readonly RequestProblem[]): void {
  for (const { pointer = '', detail } of ofPart) problems.push({ pointer: partOf(name) + pointer, detail });
}

/** Returns the JSON pointer of a part. */
function partOf(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
