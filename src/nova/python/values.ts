import { pythonRepr } from './repr.js';
import { RuleError } from './rule-error.js';

/** A record's own value, or undefined: a key such as `constructor` finds nothing that was not put there. */
export function ownValue(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/**
 * A value as Python's `str()` prints it, which is how checks compare: `True`, `None`, `1`, `['a', 1.5]`.
 * A whole number is taken for an int: JSON as JavaScript reads it does not tell 1 from 1.0.
 */
export function pythonText(value: unknown): string {
  return typeof value === 'string' ? value : pythonForm(value);
}

/** A value as Python's `repr()` prints it: as in lists, with texts in quotes. Throws a RuleError for a function. */
export function pythonForm(value: unknown): string {
  if (typeof value === 'string') return pythonRepr(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return value.toString();
  if (Number.isInteger(value)) return BigInt(Number(value)).toString();
  if (typeof value === 'number') return pythonFloat(value);
  if (value === null || value === undefined) return 'None';
  if (Array.isArray(value)) return `[${value.map(pythonForm).join(', ')}]`;
  if (typeof value !== 'object') throw new RuleError(`a ${typeof value} has no text to compare`);
  const members = Object.entries(value).map(([key, member]) => `${pythonRepr(key)}: ${pythonForm(member)}`);
  return `{${members.join(', ')}}`;
}

/** A float as Python prints it: the same digits as JavaScript's, but with an exponent below 1e-4 and from 1e16 on. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  const text = Object.is(value, -0) ? '-0' : String(value);
  return Number.isInteger(value) ? `${text}.0` : text;
}
