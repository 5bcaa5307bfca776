import type { OpenAPIObject } from '@nestjs/swagger';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
/** An OpenAPI schema. */
export type SchemaObject = Exclude<Schemas[string], { $ref: string }> & {
  /** The microversions in which the described field, parameter or body exists. */
  'x-openstack'?: { 'min-version': string; 'max-version'?: string };
};

/** The documentation of one field of a response. */
export interface FieldInfo {
  readonly description: string;
  readonly schema?: SchemaObject;
  /** The microversion from which the field exists. By default the oldest, 2.1. */
  readonly since?: string;
  /** The last microversion in which the field exists. By default the newest. */
  readonly until?: string;
  /** True if the value may be null. */
  readonly nullable?: boolean;
  /** True if the field may be absent although it exists at the request's microversion. */
  readonly optional?: boolean;
}

export const INTEGER = { type: 'integer' } as const satisfies SchemaObject;
export const UUID = { type: 'string', format: 'uuid' } as const satisfies SchemaObject;

/** The schema of a time in a response, as Nova prints it: with microseconds and without a zone. */
export const TIME: SchemaObject = {
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{6}$',
  example: '2013-07-12T21:35:37.000000',
};

/** The schema of a time with microseconds and a zone (RFC 3339), as the routes outside Nova's API print it. */
export const ZONED_TIME: SchemaObject = {
  type: 'string',
  format: 'date-time',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{6}Z$',
  example: '2026-11-27T04:16:22.123456Z',
};

/**
 * Returns the OpenAPI schema of an object in a response. The object has only the given fields. Fields of later or
 * earlier microversions are not required, and `x-openstack` says in which microversions they exist.
 *
 * @param example an object of this schema at the newest microversion
 */
export function objectSchema(
  title: string,
  fields: Readonly<Record<string, FieldInfo>>,
  example?: object,
): SchemaObject {
  const properties: Record<string, SchemaObject> = {};
  for (const [name, info] of Object.entries(fields)) properties[name] = fieldSchema(info);
  const required = Object.entries(fields).filter(
    ([, info]) => info.since === undefined && info.until === undefined && info.optional !== true,
  );
  return {
    title,
    type: 'object',
    required: required.map(([name]) => name),
    properties,
    additionalProperties: false,
    ...(example !== undefined && { example }),
  };
}

const LINK = objectSchema('Link', {
  rel: { description: 'The relation of the link: next, self or bookmark.' },
  href: { description: 'The address.', schema: { type: 'string', format: 'uri' } },
});

/** Returns the documentation of a field that contains a list of links. */
export function linksField(description: string, sinceVersion: string): FieldInfo {
  return { description, schema: listOf(LINK), since: sinceVersion };
}

/** Returns the schema of a list. */
export function listOf(items: SchemaObject): SchemaObject {
  return { type: 'array', items };
}

/** Adds to a schema the microversions in which its field or parameter exists. */
export function since(schema: SchemaObject, version: string, until?: string): SchemaObject {
  const last = until === undefined ? {} : { 'max-version': until };
  return { ...schema, 'x-openstack': { 'min-version': version, ...last } };
}

function fieldSchema({
  description,
  schema = { type: 'string' },
  since: sinceVersion = '2.1',
  until,
  nullable = false,
}: FieldInfo): SchemaObject {
  const type = nullable && typeof schema.type === 'string' ? { type: [schema.type, 'null'] } : {};
  return since({ ...schema, ...type, description }, sinceVersion, until);
}
