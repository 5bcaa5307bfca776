import type { PythonValue } from '../python/json.js';
import type { BodySchema, Strictness } from './body-schema.js';
import { type Check, KEYWORDS, located } from './keywords.js';

/** Returns Nova's message about the first problem of a value; undefined for a valid one. */
export type MessageOf = (value: PythonValue) => string | undefined;

/**
 * Makes the check of a schema.
 *
 * @param name the key of the value in its body; undefined for a whole body
 * @throws Error for a keyword, a pattern or a format that the kit does not support
 */
export function compileSchema(schema: BodySchema, strictness: Strictness, name?: string): MessageOf {
  const check = compile(schema, strictness);
  return (value) => {
    const problem = check(value);
    const message = name === undefined ? problem : located(problem, value, name);
    return typeof message === 'object' ? message.whole : message;
  };
}

function compile(schema: BodySchema, strictness: Strictness): Check {
  const checks = (Object.keys(schema) as (keyof BodySchema)[]).map((keyword) => {
    if (!Object.hasOwn(KEYWORDS, keyword))
      throw new Error(`a body schema cannot have the keyword ${keyword}`);
    return (KEYWORDS[keyword] as (expected: unknown, context: object) => Check)(schema[keyword], {
      schema,
      strictness,
      compile: (inner: BodySchema) => compile(inner, strictness),
    });
  });
  return (value) => {
    for (const check of checks) {
      const problem = check(value);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}
