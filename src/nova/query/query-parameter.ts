import { ValidateBy } from 'class-validator';
import type { SchemaObject } from '../schema/fields.js';
import { type FilterCondition, type FilterKind, filterSchema, parseFilter } from './filters.js';
import { type Moment, parseIsoTime } from './iso-time.js';
import { pythonRepr } from '../python/repr.js';

/** A kind of query parameter, with functions to validate and parse its texts, and with its documentation. */
interface ValueKind<Value> {
  /** Returns Nova's message about an invalid text, or undefined for a valid text. */
  readonly problem: (text: string) => string | undefined;
  /** The expected texts, for the messages of an `ApiRoute`; undefined if `problem` is not Nova's message. */
  readonly expected?: string;
  /** Returns the value of a valid text. */
  parse(text: string): Value;
  /** Returns the value of all texts of a parameter. Without this function, the last text has the value. */
  parseAll?(texts: readonly string[]): unknown;
  readonly schema: SchemaObject;
}

/** The texts that Nova's schemas accept as true and as false, in the order of Nova's error messages. */
const TRUE = ['True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes'];
const FALSE = ['False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no'];
const BOOLEANS = `[True, ${TRUE.map(pythonRepr).join(', ')}, False, ${FALSE.map(pythonRepr).join(', ')}]`;

/** The type of the values that handlers receive, for each kind of parameter. */
interface Values {
  readonly text: string;
  readonly nonNegativeInteger: number;
  readonly positiveInteger: number;
  readonly isoTime: Moment;
  readonly boolean: boolean;
}

const KINDS: { readonly [Kind in keyof Values]: ValueKind<Values[Kind] | undefined> } = {
  text: { problem: () => undefined, parse: (text) => text, schema: { type: 'string' } },
  nonNegativeInteger: {
    expected: 'an integer of 0 or more',
    problem: (text) => {
      // As in Nova, one newline may follow the digits.
      if (!/^[0-9]*\n?$/.test(text)) return `${pythonRepr(text)} does not match '^[0-9]*$'`;
      return text === '' ? "'' should be non-empty" : undefined;
    },
    parse: Number,
    schema: { type: 'integer', minimum: 0 },
  },
  positiveInteger: {
    expected: 'a positive integer',
    problem: (text) =>
      /^0*[1-9]\d{0,14}$/.test(text) ? undefined : `${pythonRepr(text)} is not a positive integer`,
    parse: Number,
    schema: { type: 'integer', minimum: 1 },
  },
  isoTime: {
    problem: (text) =>
      parseIsoTime(text) === undefined ? `${pythonRepr(text)} is not a 'date-time'` : undefined,
    expected: 'a time such as 2026-11-01T00:00:00Z',
    parse: parseIsoTime,
    schema: { type: 'string', format: 'date-time' },
  },
  boolean: {
    ...oneOf([...TRUE, ...FALSE], BOOLEANS),
    expected: 'true or false',
    parse: (text) => TRUE.includes(text),
    schema: { type: 'boolean' },
  },
};

/**
 * Returns the kind of a parameter with a list of allowed texts: an `enum` in Nova's schemas.
 *
 * @param printed the list as Python prints it
 */
function oneOf(texts: readonly string[], printed = pythonRepr(texts)): ValueKind<string> {
  return {
    problem: (text) => (texts.includes(text) ? undefined : `${pythonRepr(text)} is not one of ${printed}`),
    expected: texts.join(' or '),
    parse: (text) => text,
    schema: { type: 'string', enum: [...texts] },
  };
}

/** Returns the kind of a filter. A query may repeat it: then all its conditions must hold. */
function filterOf({ filterBy }: FilterOf): ValueKind<unknown> {
  const parse = (text: string): FilterCondition[] => [parseFilter(filterBy, text)].flatMap(asCondition);
  return {
    problem: (text) => {
      const parsed = parseFilter(filterBy, text);
      return typeof parsed === 'string' ? parsed : undefined;
    },
    parse,
    parseAll: (texts) => texts.flatMap(parse),
    schema: filterSchema(filterBy),
  };
}

function asCondition(parsed: FilterCondition | string): FilterCondition[] {
  return typeof parsed === 'string' ? [] : [parsed];
}

/** The kind of a filter parameter. */
interface FilterOf {
  readonly filterBy: FilterKind;
}

/** The name of a kind of parameter, a list of the allowed texts, or the kind of a filter. */
type Kind = keyof Values | readonly string[] | FilterOf;

type Value<Of extends Kind> = Of extends keyof Values
  ? Values[Of]
  : Of extends FilterOf
    ? readonly FilterCondition[]
    : string;

/** Returns the kind of a declared parameter. */
export function kindOf({ kind }: Pick<QueryParameterInfo, 'kind'>): ValueKind<unknown> {
  if (typeof kind === 'string') return KINDS[kind];
  return 'filterBy' in kind ? filterOf(kind) : oneOf(kind);
}

/** The declaration of a query parameter. */
export interface QueryParameterInfo<Of extends Kind = Kind> {
  readonly kind: Of;
  readonly description: string;
  /** The microversion from which the parameter exists. The service's own routes, which Nova does not have, omit it. */
  readonly since?: string;
  /** True if a query may repeat the parameter. The last value is used. */
  readonly repeatable?: boolean;
}

/** A class whose properties are the parameters of a query. All of them are optional. */
export type QueryClass<Query extends object = object> = new () => Query;

const declared = new WeakMap<object, Map<string, QueryParameterInfo>>();

/**
 * Declares a property of a query class as a query parameter, with its validation, documentation and type.
 * class-validator receives a list of all texts of the parameter. After the validation, `checkQuery` replaces the list
 * by the parsed value.
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
      ? `Value: ${pythonRepr(texts)}. ${pythonRepr(texts)} is too long`
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

/**
 * Declares a property of a query class as a filter of a list. The property has all conditions of the query on the field.
 * Only an `ApiRoute` may have filters, because Nova has none of this form.
 */
export function FilterParameter(info: {
  readonly kind: FilterKind;
  readonly description: string;
}): <Name extends string>(
  query: Readonly<Partial<Record<Name, readonly FilterCondition[]>>>,
  name: Name,
) => void {
  const { kind, description } = info;
  return QueryParameter({ kind: { filterBy: kind }, description, repeatable: true });
}

const collected = new WeakMap<QueryClass, ReadonlyMap<string, QueryParameterInfo>>();

/** Returns all parameters of a query class. The parameters of its base class come first. */
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
