import { ValidateBy } from 'class-validator';
import type { SchemaObject } from '../schema/fields.js';
import { type Moment, parseIsoTime } from './iso-time.js';
import { pythonList, pythonRepr } from '../python/repr.js';

/** A kind of values: the first function says what is wrong with a text, the second makes the value of a good one. */
interface ValueKind<Value> {
  problem(text: string): string | undefined;
  parse(text: string): Value;
  readonly schema: SchemaObject;
}

/** What Nova's schemas accept as true and as false, in the order in which its messages list them. */
const TRUE = ['True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes'];
const FALSE = ['False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no'];
const BOOLEANS = `[True, ${TRUE.map(pythonRepr).join(', ')}, False, ${FALSE.map(pythonRepr).join(', ')}]`;

/** What handlers get for a value of each kind. */
interface Values {
  readonly text: string;
  readonly nonNegativeInteger: number;
  readonly isoTime: Moment;
  readonly boolean: boolean;
}

const KINDS: { readonly [Kind in keyof Values]: ValueKind<Values[Kind] | undefined> } = {
  text: { problem: () => undefined, parse: (text) => text, schema: { type: 'string' } },
  nonNegativeInteger: {
    problem(text) {
      // Nova accepts one line end after the digits.
      if (!/^[0-9]*\n?$/.test(text)) return `${pythonRepr(text)} does not match '^[0-9]*$'`;
      return text === '' ? "'' should be non-empty" : undefined;
    },
    parse: Number,
    schema: { type: 'integer', minimum: 0 },
  },
  isoTime: {
    problem: (text) =>
      parseIsoTime(text) === undefined ? `${pythonRepr(text)} is not a 'date-time'` : undefined,
    parse: parseIsoTime,
    schema: { type: 'string', format: 'date-time' },
  },
  boolean: {
    ...oneOf([...TRUE, ...FALSE], BOOLEANS),
    parse: (text) => TRUE.includes(text),
    schema: { type: 'boolean' },
  },
};

/** One of a few texts, in Nova's schemas an `enum`. @param printed the list as Python prints it */
function oneOf(texts: readonly string[], printed = pythonList(texts)): ValueKind<string> {
  return {
    problem: (text) => (texts.includes(text) ? undefined : `${pythonRepr(text)} is not one of ${printed}`),
    parse: (text) => text,
    schema: { type: 'string', enum: [...texts] },
  };
}

/** The name of a kind, or the list of the texts that are allowed. */
type Kind = keyof Values | readonly string[];

type Value<Of extends Kind> = Of extends keyof Values ? Values[Of] : string;

export function kindOf({ kind }: QueryParameterInfo): ValueKind<unknown> {
  return typeof kind === 'string' ? KINDS[kind] : oneOf(kind);
}

export interface QueryParameterInfo<Of extends Kind = Kind> {
  readonly kind: Of;
  readonly description: string;
  /** The microversion from which the parameter exists, on a route of Nova. */
  readonly since?: string;
  /** Whether a query may repeat it: the last value counts. */
  readonly repeatable?: boolean;
}

/** A class whose properties are the parameters of a query. Each may be absent. */
export type QueryClass<Query extends object = object> = new () => Query;

const declared = new WeakMap<object, Map<string, QueryParameterInfo>>();

/**
 * Declares a property of a query class as a parameter: its validation, its documentation, and the type of its value.
 * class-validator sees all texts of the parameter as a list; `checkQuery` then replaces the list by the value.
 */
export function QueryParameter<const Of extends Kind>(
  info: QueryParameterInfo<Of>,
): <Name extends string>(query: Readonly<Partial<Record<Name, Value<Of>>>>, name: Name) => void {
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
    declared.set(target, own.set(name, info));
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
