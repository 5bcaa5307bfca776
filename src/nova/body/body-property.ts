import { ValidateBy } from 'class-validator';
import { parsePythonJson, type PythonValue } from '../python/json.js';
import type { BodySchema, Strictness } from './body-schema.js';
import { compileSchema, type MessageOf } from './compile-schema.js';

/** A class whose properties are the keys of a JSON object. */
export type BodyClass<Body extends object = object> = new () => Body;

export interface BodyPropertyInfo {
  /** The schema of the value; a class for an object. */
  readonly schema: BodySchema | BodyClass;
  readonly description: string;
  /** Set for a list of 1 or more objects of the class: the maximum number of them. */
  readonly maxItems?: number;
  /** True if the object may lack the property. */
  readonly optional?: true;
  /** A valid value for the documentation. By default, it is made from the schema. */
  readonly example?: unknown;
}

const declared = new WeakMap<object, Map<string, BodyPropertyInfo>>();

/**
 * Declares a property of a body class, with its check and its documentation. Requests must contain the property, unless
 * it is `optional`.
 *
 * @throws Error if the kit does not support the schema, or if the documented example is not valid
 */
export function BodyProperty(info: BodyPropertyInfo): (body: object, name: string) => void {
  return (target, name) => {
    const own = declared.get(target) ?? new Map<string, BodyPropertyInfo>();
    declared.set(target, own.set(name, info));
    const schema = schemaOf(info);
    const strict = compileSchema(schema, 'strict', name);
    const problem = isShown(info) ? strict(parsePythonJson(JSON.stringify(exampleOf(info)))) : undefined;
    if (problem !== undefined) throw new Error(`a body property needs a valid example: ${problem}`);
    validateBy(strict, 'strict')(target, name);
    validateBy(compileSchema(schema, 'relaxed', name), 'relaxed')(target, name);
  };
}

/** Makes class-validator check a property. Each strictness is a validation group of class-validator. */
function validateBy(messageOf: MessageOf, strictness: Strictness): PropertyDecorator {
  const problem = (value: unknown): string | undefined =>
    value === undefined ? undefined : messageOf(value as PythonValue);
  return ValidateBy(
    {
      name: BODY_PROPERTY,
      validator: {
        validate: (value: unknown) => problem(value) === undefined,
        defaultMessage: (args) => problem(args?.value) ?? '',
      },
    },
    { groups: [strictness] },
  );
}

/** Returns a body class with one property, as most bodies of Nova have. @param schema of the property */
export function bodyWith(
  { name, description }: { readonly name: string; readonly description: string },
  schema: BodySchema | BodyClass,
): BodyClass {
  class Body {}
  BodyProperty({ schema, description })(Body.prototype, name);
  return Body;
}

/** The name of the constraint that `BodyProperty` registers with class-validator. */
export const BODY_PROPERTY = 'bodyProperty';

/** Returns the properties of a body class in the order of their declaration. Inherited properties come first. */
export function bodyProperties(body: BodyClass): ReadonlyMap<string, BodyPropertyInfo> {
  const parent: unknown = Object.getPrototypeOf(body.prototype);
  const inherited =
    parent === Object.prototype ? [] : bodyProperties((parent as object).constructor as BodyClass);
  return new Map([...inherited, ...(declared.get(body.prototype as object) ?? [])]);
}

/** Returns an object with the example of each property. It lacks optional properties that declare no example. */
export function bodyExample(body: BodyClass): object {
  const shown = [...bodyProperties(body)].filter(([, info]) => isShown(info));
  return Object.fromEntries(shown.map(([name, info]) => [name, exampleOf(info)]));
}

/** Returns true if the example of the whole body contains the property. */
function isShown({ optional, example }: BodyPropertyInfo): boolean {
  return optional !== true || example !== undefined;
}

function exampleOf({ schema, example, maxItems }: BodyPropertyInfo): unknown {
  if (example !== undefined) return example;
  if (typeof schema !== 'function') return exampleValue(schema);
  return maxItems === undefined ? bodyExample(schema) : [bodyExample(schema)];
}

/** Returns the simplest value that a schema describes. */
function exampleValue({ type, enum: values, prefixItems = [], minimum = 1 }: BodySchema): unknown {
  if (values !== undefined) return values[0];
  switch ([type].flat()[0]) {
    case 'array':
      return prefixItems.map(exampleValue);
    case 'object':
      return {};
    case 'boolean':
      return true;
    case 'integer':
    case 'number':
      return minimum;
    case 'string':
      return 'example';
    default:
      return null;
  }
}

/** Returns the schema of a property's value. */
export function schemaOf({ schema, maxItems }: Pick<BodyPropertyInfo, 'schema' | 'maxItems'>): BodySchema {
  if (typeof schema !== 'function') return schema;
  return listSchema(objectSchema(schema, schemaOf), maxItems);
}

/** Returns the schema of a list of objects; that of an object if there is no maximum number. */
export function listSchema<Schema extends object>(
  items: Schema,
  maxItems: number | undefined,
):
  | Schema
  | { readonly type: 'array'; readonly items: Schema; readonly minItems: 1; readonly maxItems: number } {
  return maxItems === undefined ? items : { type: 'array', items, minItems: 1, maxItems };
}

/** The schema of an object. Its properties have schemas for checks or for the documentation. */
interface ObjectSchema<Property> {
  readonly type: 'object';
  readonly properties: Record<string, Property>;
  readonly required: string[];
  readonly additionalProperties: false;
}

/** Returns the schema of an object that has the properties of a class and no others. */
export function objectSchema<Property>(
  body: BodyClass,
  schema: (info: BodyPropertyInfo) => Property,
): ObjectSchema<Property> {
  const properties = [...bodyProperties(body)];
  return {
    type: 'object',
    properties: Object.fromEntries(properties.map(([name, info]) => [name, schema(info)])),
    required: properties.filter(([, { optional }]) => optional !== true).map(([name]) => name),
    additionalProperties: false,
  };
}
