import type { ApiBodyOptions } from '@nestjs/swagger';
import {
  type BodyClass,
  bodyExample,
  type BodyPropertyInfo,
  listSchema,
  objectSchema,
} from '../body/body-property.js';
import { BodySteps } from '../body/body-steps.js';
import { NEWEST_MICROVERSION } from '../microversion/microversion.js';
import type { VersionStep } from '../microversion/version-steps.js';
import type { SchemaObject } from '../schema/fields.js';
import type { LineBody } from './api-features.js';

/** The media type of lines of JSON (NDJSON). */
export const LINES_TYPE = 'application/x-ndjson';

/** A body of a request at some microversions. */
interface DocumentedStep {
  /** The microversions in words, such as `From microversion 2.64`. */
  readonly title: string;
  readonly schema: SchemaObject;
  readonly example: object;
}

/** Returns the documentation of a request body: a schema and an example of each step, the newest step first. */
export function documentedBody(body: BodySteps | BodyClass | LineBody): ApiBodyOptions {
  if ('lines' in body) return documentedLines(body);
  const steps = documentedSteps(body);
  const [newest] = steps;
  return {
    required: true,
    schema: (steps.length === 1 && newest !== undefined
      ? newest.schema
      : { anyOf: steps.map(({ schema }) => schema) }) as never,
    examples: Object.fromEntries(
      steps.map(({ title, example }) => [title, { summary: title, value: example }]),
    ),
  };
}

/** Returns the documentation of a body of lines. Each example is a whole body. */
function documentedLines({ description, schema, examples }: LineBody): ApiBodyOptions {
  const value = linesOf(examples);
  return {
    ...{ required: true, description, schema: linesSchema(schema) as never },
    examples: { 'An example': { summary: 'An example', value } },
  };
}

/** Returns the schema of a body or a response that consists of lines, as OpenAPI 3.1 has it: a text. */
export function linesSchema(line: SchemaObject): SchemaObject {
  return { type: 'string', contentMediaType: LINES_TYPE, contentSchema: line } as SchemaObject;
}

export function linesOf(items: readonly unknown[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join('');
}

/** Returns the steps of a body, newest first. Returns none for a route that ignores the body. */
export function documentedSteps(
  body: BodySteps | BodyClass | LineBody | undefined,
): readonly DocumentedStep[] {
  if (body === undefined || 'lines' in body) return [];
  if (!(body instanceof BodySteps)) return [stepOf(body)];
  return body.all.map((step) => ({ ...stepOf(step.value), ...versioned(step) })).reverse();
}

function stepOf(body: BodyClass): DocumentedStep {
  return { title: 'An example', schema: objectSchema(body, propertySchema), example: bodyExample(body) };
}

function versioned({ from, to, value }: VersionStep<BodyClass>): Pick<DocumentedStep, 'title' | 'schema'> {
  const isNewest = to.compare(NEWEST_MICROVERSION) === 0;
  const title = isNewest ? `From microversion ${from}` : `Microversions ${from} to ${to}`;
  const versions = { 'min-version': from.toString(), ...(!isNewest && { 'max-version': to.toString() }) };
  return { title, schema: { title, ...objectSchema(value, propertySchema), 'x-openstack': versions } };
}

function propertySchema({ schema, description, maxItems }: BodyPropertyInfo): SchemaObject {
  const documented =
    typeof schema === 'function' ? listSchema(objectSchema(schema, propertySchema), maxItems) : schema;
  return { ...(documented as object), description };
}
