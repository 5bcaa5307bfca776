import type { SchemaObject } from '../schema/fields.js';
import { parseZonedTime } from './iso-time.js';

/** The operators of a condition: one of the values, none of them, or before or after a time. */
export type FilterOperator = 'in' | 'nin' | 'gt' | 'gte' | 'lt' | 'lte';

/** A condition on a field. `in` and `nin` have one or more values, and the other operators one. */
export interface FilterCondition {
  readonly operator: FilterOperator;
  /** Times have the format of database columns with microseconds, `YYYY-MM-DD HH:MM:SS.ffffff`. */
  readonly values: readonly string[];
}

/** The values of a field: texts, times, or the texts of a list. */
export type FilterKind = 'text' | 'time' | readonly string[];

/** The prefixes of a value in a query: the operator that each means, and its kinds of fields. */
const PREFIXES: ReadonlyMap<
  string,
  { readonly operator: FilterOperator; readonly isList?: true; readonly isTime?: true }
> = new Map([
  ['in', { operator: 'in', isList: true }],
  ['nin', { operator: 'nin', isList: true }],
  ['neq', { operator: 'nin' }],
  ['gt', { operator: 'gt', isTime: true }],
  ['gte', { operator: 'gte', isTime: true }],
  ['lt', { operator: 'lt', isTime: true }],
  ['lte', { operator: 'lte', isTime: true }],
]);

const EQUAL = { operator: 'in' } as const;

/** Matches everything before the first colon, if it can be an operator. */
const PREFIX = /^([a-z]+):/i;

/** The error of a filter. Its message describes the problem to the client. */
class FilterError extends Error {}

/**
 * Parses a filter in the form of OpenStack's API guidelines: `value`, `neq:value`, `in:value,value`, `gt:time` and so
 * on. A value with a comma in a list is in double quotes, with a backslash before each double quote in it; and so is a
 * value that begins with a double quote or an operator.
 *
 * @returns the condition, or a text that describes the problem
 */
export function parseFilter(kind: FilterKind, text: string): FilterCondition | string {
  try {
    const name = PREFIX.exec(text)?.[1];
    const prefix = name === undefined ? EQUAL : PREFIXES.get(name);
    if (prefix === undefined || ('isTime' in prefix && kind !== 'time')) {
      const known = [...PREFIXES].filter(([, { isTime }]) => kind === 'time' || isTime !== true);
      const names = known.map(([one]) => one).join(', ');
      return `'${name ?? ''}' is not one of the operators ${names}; quote a value with a colon`;
    }
    const rest = name === undefined ? text : text.slice(name.length + 1);
    const values = 'isList' in prefix ? listed(rest) : [single(rest)];
    return { operator: prefix.operator, values: values.map((value) => checked(kind, value)) };
  } catch (error) {
    if (error instanceof FilterError) return error.message;
    throw error;
  }
}

/** Returns the schema of a filter for the OpenAPI document. A query may repeat a filter. */
export function filterSchema(kind: FilterKind): SchemaObject {
  return {
    type: 'array',
    items: { type: 'string', ...(kind === 'time' && { examples: ['gte:2026-11-01T00:00:00Z'] }) },
  };
}

/** Returns the only value of a text, without quotes. */
function single(text: string): string {
  if (!text.startsWith('"')) return text;
  const { value, end } = quoted(text, 0);
  if (end < text.length) throw new FilterError(`'${text}' continues after the quoted value`);
  return value;
}

/** Returns the values of a list. */
function listed(text: string): string[] {
  const values: string[] = [];
  for (let start = 0; start <= text.length;) {
    if (text[start] === '"') {
      const { value, end } = quoted(text, start);
      if (end < text.length && text[end] !== ',')
        throw new FilterError(`'${text}' has no comma after a quoted value`);
      values.push(value);
      start = end + 1;
    } else {
      const comma = text.indexOf(',', start);
      const end = comma < 0 ? text.length : comma;
      if (end === start) throw new FilterError('a list must not have an empty value without quotes');
      values.push(text.slice(start, end));
      start = end + 1;
    }
  }
  return values;
}

/** Reads a quoted value. @param start the index of the first quote */
function quoted(text: string, start: number): { readonly value: string; readonly end: number } {
  let value = '';
  for (let index = start + 1; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '"') return { value, end: index + 1 };
    if (character === '\\') index += 1;
    value += text.charAt(index);
  }
  throw new FilterError(`'${text}' has no quote at the end of a value`);
}

function checked(kind: FilterKind, value: string): string {
  if (kind === 'text') return value;
  if (kind === 'time') return columnTime(value);
  if (kind.includes(value)) return value;
  throw new FilterError(`'${value}' is not one of ${kind.join(', ')}`);
}

/** Converts a time to the format of database columns. It ignores digits after the microseconds. */
function columnTime(text: string): string {
  const time = parseZonedTime(text);
  if (time !== undefined) return time;
  // In a query, a plus sign means a space.
  const withPlus = text.replace(/ (\d\d:\d\d)$/, '+$1');
  const isPlusLost = withPlus !== text && parseZonedTime(withPlus) !== undefined;
  const advice = isPlusLost ? '; write %2B for the plus sign' : '';
  throw new FilterError(`'${text}' is not a time with a zone such as 2026-11-01T00:00:00Z${advice}`);
}
