import type { FormatName } from './formats.js';

export type TypeName = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';

/**
 * The part of JSON Schema that Nova's bodies need. The kit checks the keywords in the order in which they are written,
 * and reports the first problem. So write them in the order of Nova's schema.
 */
export interface BodySchema {
  readonly type?: TypeName | readonly TypeName[];
  readonly enum?: readonly (string | boolean)[];
  readonly format?: FormatName;
  readonly pattern?: string;
  /** As in Nova, the minimum and the maximum also apply to texts that contain a number. */
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly prefixItems?: readonly BodySchema[];
  /** The schema of the items that `prefixItems` does not describe. */
  readonly items?: BodySchema;
  readonly uniqueItems?: true;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, BodySchema>>;
  readonly patternProperties?: Readonly<Record<string, BodySchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly BodySchema[];
  readonly anyOf?: readonly BodySchema[];
  readonly oneOf?: readonly BodySchema[];
}

/**
 * The treatment of unknown properties. `strict` rejects them. `relaxed` removes them from the checked value, as Nova
 * does below `/v2`. But if an object has only unknown properties, `relaxed` keeps them.
 */
export type Strictness = 'strict' | 'relaxed';

/**
 * A problem of a value: the end of Nova's message, or Nova's whole message. Undefined for a value without a problem.
 */
export type Problem = string | { readonly whole: string } | undefined;
