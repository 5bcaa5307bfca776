import { ValidateBy } from 'class-validator';
import type { SchemaObject } from '../schema/fields.js';
import { parseIsoTime } from './iso-time.js';
import { pythonList, pythonRepr } from '../python/repr.js';

/** What a parameter's value must be: what is wrong with one, or undefined, and how OpenAPI says it. */
interface ValueKind {
  problem(value: string): string | undefined;
  readonly schema: SchemaObject;
}

/** What Nova's schemas accept as true and as false, in the order in which its messages list them. */
const TRUE = ['True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes'];
const FALSE = ['False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no'];
const BOOLEANS = `[True, ${TRUE.map(pythonRepr).join(', ')}, False, ${FALSE.map(pythonRepr).join(', ')}]`;

const KINDS = {
  text: { problem: () => undefined, schema: { type: 'string' } },
  nonNegativeInteger: {
    problem(value) {
      // One line end after the digits is overlooked, as in Nova.
      if (!/^[0-9]*\n?$/.test(value)) return `${pythonRepr(value)} does not match '^[0-9]*$'`;
      return value === '' ? "'' should be non-empty" : undefined;
    },
    schema: { type: 'integer', minimum: 0 },
  },
  isoTime: {
    problem: (value) =>
      parseIsoTime(value) === undefined ? `${pythonRepr(value)} is not a 'date-time'` : undefined,
    schema: { type: 'string', format: 'date-time' },
  },
  /** `parseBoolean` reads the value. */
  boolean: { ...oneOf([...TRUE, ...FALSE], BOOLEANS), schema: { type: 'boolean' } },
} satisfies Record<string, ValueKind>;

/** One of a few texts, in Nova's schemas an `enum`. @param printed the list as Python prints it */
function oneOf(texts: readonly string[], printed = pythonList(texts)): ValueKind {
  return {
    problem: (value) => (texts.includes(value) ? undefined : `${pythonRepr(value)} is not one of ${printed}`),
    schema: { type: 'string', enum: [...texts] },
  };
}

export function kindOf({ kind }: QueryParameterInfo): ValueKind {
  return typeof kind === 'string' ? KINDS[kind] : oneOf(kind);
}

/** What is said of one query parameter. */
export interface QueryParameterInfo {
  /** A kind by its name, or the list of the texts that are allowed. */
  readonly kind: keyof typeof KINDS | readonly string[];
  readonly description: string;
  /** The microversion from which the parameter exists, on a route of Nova. */
  readonly since?: string;
  /** Whether it may be given several times, of which the last counts. */
  readonly repeatable?: boolean;
}

export type QueryClass = new () => object;

const declared = new WeakMap<object, Map<string, QueryParameterInfo>>();

/**
 * Declares a property of a query class as a parameter: its validation and its documentation in one line.
 * Unless repeatable it may be given once. The values arrive as a list of texts, all that the query holds.
 */
export function QueryParameter(info: QueryParameterInfo): PropertyDecorator {
  const kind = kindOf(info);
  const problemOf = (values: unknown): string | undefined => {
    if (!Array.isArray(values)) return undefined;
    const texts = values.map(String);
    for (const text of texts) {
      const problem = kind.problem(text);
      if (problem !== undefined) return `Value: ${text}. ${problem}`;
    }
    return texts.length > 1 && info.repeatable !== true
      ? `Value: ${pythonList(texts)}. ${pythonList(texts)} is too long`
      : undefined;
  };
  const validate = ValidateBy({
    name: 'queryParameter',
    validator: {
      validate: (values: unknown) => problemOf(values) === undefined,
      defaultMessage: (args) => problemOf(args?.value) ?? '',
    },
  });
  return (target, name) => {
    const own = declared.get(target) ?? new Map<string, QueryParameterInfo>();
    declared.set(target, own.set(String(name), info));
    validate(target, name);
  };
}

const collected = new WeakMap<QueryClass, ReadonlyMap<string, QueryParameterInfo>>();

/** All parameters of a query class, those of the class it extends first. */
export function queryParameters(query: QueryClass): ReadonlyMap<string, QueryParameterInfo> {
  const known = collected.get(query) ?? collectParameters(query);
  collected.set(query, known);
  return known;
}

function collectParameters(query: QueryClass): Map<string, QueryParameterInfo> {
  const chain: Map<string, QueryParameterInfo>[] = [];
  for (let target: unknown = query.prototype; typeof target === 'object' && target !== null;) {
    chain.unshift(declared.get(target) ?? new Map<string, QueryParameterInfo>());
    target = Object.getPrototypeOf(target);
  }
  return new Map(chain.flatMap((parameters) => [...parameters]));
}
