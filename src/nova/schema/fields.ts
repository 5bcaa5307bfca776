import type { OpenAPIObject } from '@nestjs/swagger';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
/** A schema as OpenAPI writes it. */
export type SchemaObject = Exclude<Schemas[string], { $ref: string }> & {
  /** Since when what it describes exists. */
  'x-openstack'?: { 'min-version': string };
};

/** What the documentation says of one field of an answer. */
export interface FieldInfo {
  readonly description: string;
  readonly schema?: SchemaObject;
  /** The microversion from which the field exists; the oldest unless said. */
  readonly since?: string;
  /** Whether the value may be null. */
  readonly nullable?: boolean;
  /** Whether it may be absent even where its microversion is reached. */
  readonly optional?: boolean;
}

export const TIME: SchemaObject = {
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{6}$',
  example: '2013-07-12T21:35:37.000000',
};

/**
 * The OpenAPI schema of an object of an answer. It allows no field that it does not name; fields that came
 * with a later microversion are not required, and say since when they exist.
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
    ([, info]) => info.since === undefined && info.optional !== true,
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
  rel: { description: 'What the link leads to: next, self or bookmark.' },
  href: { description: 'The address.', schema: { type: 'string', format: 'uri' } },
});

/** Links, as a field of an answer. */
export function linksField(description: string, from: string): FieldInfo {
  return { description, schema: listOf(LINK), since: from };
}

/** The schema of a list. */
export function listOf(items: SchemaObject): SchemaObject {
  return { type: 'array', items };
}

/** The schema of something that exists from a microversion on. */
export function since(schema: SchemaObject, version: string): SchemaObject {
  return { ...schema, 'x-openstack': { 'min-version': version } };
}

function fieldSchema({
  description,
  schema = { type: 'string' },
  since: from = '2.1',
  nullable = false,
}: FieldInfo): SchemaObject {
  const type = nullable && typeof schema.type === 'string' ? { type: [schema.type, 'null'] } : {};
  return since({ ...schema, ...type, description }, from);
}
