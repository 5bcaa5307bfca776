import { type PythonDict, PythonFloat, type PythonList, type PythonValue } from './json.js';

/**
 * Returns a value as Python's `repr()` prints it. Nova's messages about invalid input contain values in this form, and
 * clients may compare the messages.
 */
export function pythonRepr(value: PythonValue): string {
  if (typeof value === 'string') return textRepr(value);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof PythonFloat) return floatRepr(value.value);
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (isDict(value)) {
    return `{${[...value].map(([key, item]) => `${textRepr(key)}: ${pythonRepr(item)}`).join(', ')}}`;
  }
  return `[${value.map(pythonRepr).join(', ')}]`;
}

/** Returns a value as Python's `str()` prints it: a text without quotes, and every other value as `repr()` does. */
export function pythonStr(value: PythonValue): string {
  return typeof value === 'string' ? value : pythonRepr(value);
}

export function isDict(value: PythonValue): value is PythonDict {
  return value instanceof Map;
}

export function isList(value: PythonValue): value is PythonList {
  return Array.isArray(value);
}

/** Matches a part of a character outside Unicode's basic plane. */
const SURROGATE = /[\ud800-\udfff]/;

/** Counts characters as Python does: a character outside Unicode's basic plane counts once. */
export function lengthOf(text: string): number {
  return SURROGATE.test(text) ? [...text].length : text.length;
}

/** Sorts texts as Python does. JavaScript would sort characters outside Unicode's basic plane differently. */
export function pythonSorted(texts: readonly string[]): string[] {
  return texts
    .map((text) => ({ text, bytes: Buffer.from(text) }))
    .sort((one, other) => Buffer.compare(one.bytes, other.bytes))
    .map(({ text }) => text);
}

function textRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  return quote + text.replace(ESCAPABLE, (character) => escaped(character, quote)) + quote;
}

/** Prints the shortest digits that identify the number. From 1e16 and below 1e-4, Python prints an exponent. */
function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  const text = Object.is(value, -0) ? '-0' : String(value);
  return text.includes('.') ? text : `${text}.0`;
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\\': '\\\\',
};

/** Matches the characters that Python may escape: quotes, backslashes and characters that it does not print. */
const ESCAPABLE = /["'\\]|(?! )[\p{C}\p{Z}]/gu;

/** Returns the escape sequence of a character that matches `ESCAPABLE`; a quote other than `quote` unchanged. */
function escaped(character: string, quote: string): string {
  if (character === '"' || character === "'") return character === quote ? `\\${character}` : character;
  const named = NAMED_ESCAPES[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}
