import { RuleError } from '../../python/rule-error.js';
import { ownValue, pythonForm, pythonText } from '../../python/values.js';

/** A check's right side with the target's values in place; undefined where the target lacks one. */
export type Template = (target: Readonly<Record<string, unknown>>) => string | undefined;

/** One `%…` of a template. */
interface Conversion {
  /** The name between parentheses; without one, the whole target is meant. */
  readonly key: string | undefined;
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly letter: string;
}

/** How many characters a conversion may ask for. */
const WIDEST = 1_000;

const SIMPLE = /^%\(([^()]*)\)s$/;
const SPECIFICATION = /([-+ #0]*)(\d*)(?:\.(\d*))?[hlL]?(.?)/suy;

/**
 * Prepares the right side of a check, where `%(key)s` stands for a value of the target: Python's `%` operator on
 * a dict. Known are `s`, `r`, `d`, `i`, `u` and `%%`, with width and precision. Filling in throws a RuleError for
 * any other conversion and for broken ones, which is what Python does for most of them.
 */
export function templateOf(text: string): Template {
  if (!text.includes('%')) return () => text;
  const simple = SIMPLE.exec(text)?.[1];
  if (simple !== undefined) {
    return (target) => {
      const value = ownValue(target, simple);
      return value === undefined ? undefined : pythonText(value);
    };
  }
  const parts = partsOf(text);
  return (target) => fill(parts, target);
}

function partsOf(text: string): readonly (string | Conversion)[] {
  const parts: (string | Conversion)[] = [];
  let at = 0;
  for (let percent = text.indexOf('%'); percent >= 0; percent = text.indexOf('%', at)) {
    parts.push(text.slice(at, percent));
    if (text[percent + 1] === '%') {
      parts.push('%');
      at = percent + 2;
      continue;
    }
    const keyEnd = endOfKey(text, percent + 1);
    SPECIFICATION.lastIndex = keyEnd;
    const [whole = '', flags = '', width = '', precision, letter = ''] = SPECIFICATION.exec(text) ?? [];
    const hasKey = keyEnd > percent + 1 && keyEnd <= text.length;
    parts.push({
      key: hasKey ? text.slice(percent + 2, keyEnd - 1) : undefined,
      flags,
      width: Number(width),
      precision: precision === undefined ? undefined : Number(precision),
      letter,
    });
    at = keyEnd + whole.length;
  }
  return [...parts, text.slice(at)];
}

/** The place behind `(key)`, whose inner parentheses pair up; beyond the text's end if it does not close. */
function endOfKey(text: string, start: number): number {
  if (text[start] !== '(') return start;
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length + 1;
}

function fill(
  parts: readonly (string | Conversion)[],
  target: Readonly<Record<string, unknown>>,
): string | undefined {
  let filled = '';
  let first = true;
  for (const part of parts) {
    if (typeof part === 'string') {
      filled += part;
      continue;
    }
    const value = part.key === undefined ? target : ownValue(target, part.key);
    if (value === undefined) return undefined;
    // As in Python, only the first conversion can print the whole target.
    if (part.key === undefined && !first) throw new RuleError(`%${part.letter} has nothing to print`);
    filled += convert(part, value);
    first = false;
  }
  return filled;
}

function convert({ letter, flags, width, precision }: Conversion, value: unknown): string {
  if (width > WIDEST || (precision ?? 0) > WIDEST)
    throw new RuleError(`a width above ${WIDEST} is not supported`);
  let printed: string;
  if (letter === 's' || letter === 'r') {
    const text = letter === 's' ? pythonText(value) : pythonForm(value);
    printed = precision === undefined ? text : [...text].slice(0, precision).join('');
  } else if (letter === 'd' || letter === 'i' || letter === 'u') {
    printed = convertNumber(value, flags, flags.includes('-') ? 0 : width, precision ?? 0);
  } else {
    throw new RuleError(`%${letter} is not supported`);
  }
  const padding = ' '.repeat(Math.max(0, width - [...printed].length));
  return flags.includes('-') ? printed + padding : padding + printed;
}

function convertNumber(value: unknown, flags: string, width: number, precision: number): string {
  if (typeof value !== 'number' && typeof value !== 'boolean') throw new RuleError('%d needs a number');
  const number = BigInt(Math.trunc(Number(value)));
  const sign = number < 0n ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  const digits = (number < 0n ? -number : number).toString().padStart(precision, '0');
  return sign + (flags.includes('0') ? digits.padStart(width - sign.length, '0') : digits);
}
