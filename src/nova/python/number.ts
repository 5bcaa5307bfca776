import { INTEGER } from './integer.js';
import { MAX_DIGITS, PythonFloat, type PythonValue } from './json.js';

/** A number, as Python reads it from JSON. */
export type PythonNumber = number | bigint | PythonFloat;

/** Matches the texts with a point or an exponent that Python's `float()` accepts. */
const FLOAT = /^[\t-\r ]*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[\t-\r ]*$/;

export function isNumber(value: PythonValue): value is PythonNumber {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof PythonFloat;
}

/** Returns a number that JavaScript can compare. */
export function plainNumber(number: PythonNumber): number | bigint {
  return number instanceof PythonFloat ? number.value : number;
}

/**
 * Returns the number that Nova compares with a minimum or a maximum: the result of Python's `int()`, or else of
 * `float()`. Returns undefined for a value without a number.
 */
export function numberIn(value: PythonValue): PythonNumber | undefined {
  if (typeof value === 'boolean') return Number(value);
  if (value instanceof PythonFloat)
    return Number.isFinite(value.value) ? BigInt(Math.trunc(value.value)) : value;
  if (typeof value !== 'string') return isNumber(value) ? value : undefined;
  const isInteger = INTEGER.test(value);
  const text = value.replaceAll(/[^\d.eE+-]/g, '');
  if (isInteger && text.length <= MAX_DIGITS) return BigInt(text.replace('+', ''));
  return isInteger || FLOAT.test(value) ? new PythonFloat(Number(text)) : undefined;
}
