import { isIPv4, isIPv6 } from 'node:net';
import { pythonRepr } from '../python/repr.js';
import { parseZonedTime } from '../query/iso-time.js';
import type { Problem } from './body-schema.js';

/** A format of texts: a function that tests a text, or a pattern with Nova's message for texts that do not match. */
type Format = ((text: string) => boolean) | { readonly pattern: RegExp; readonly reason: string };

/** A printable character of Unicode's basic plane. */
const PRINTABLE = String.raw`(?![\p{C}\p{Zl}\p{Zp}])[\0-\uFFFE]`;
/** A printable character other than a colon. */
const NO_COLON = `(?!:)${PRINTABLE}`;

/** Returns a pattern for a name without spaces at both ends. As in Python, a line end may follow. */
function trimmed(character: string): RegExp {
  return new RegExp(String.raw`^(?![\p{C}\p{Z}])(?:${character})*(?<!\p{Zs})\n?$`, 'u');
}

/** Returns a pattern for a name with at least one character that is not a space. As in Python, a line end may follow. */
function untrimmed(character: string): RegExp {
  return new RegExp(String.raw`^\p{Zs}*(?!\p{Zs})(?:${character})+\n?$`, 'u');
}

const FORMATS = {
  name: {
    pattern: trimmed(PRINTABLE),
    reason: 'printable characters. Can not start or end with whitespace.',
  },
  name_with_leading_trailing_spaces: {
    pattern: untrimmed(PRINTABLE),
    reason: 'printable characters with at least one non space character',
  },
  az_name: {
    pattern: trimmed(NO_COLON),
    reason: 'printable characters except :.Can not start or end with whitespace.',
  },
  az_name_with_leading_trailing_spaces: {
    pattern: untrimmed(NO_COLON),
    reason: 'printable characters except :, with at least one non space character',
  },
  uuid: isUuid,
  ipv4: isIPv4,
  ipv6: (text: string) => isIPv6(text) && !text.includes('%'),
  base64: isBase64,
  'date-time': (text: string) => parseZonedTime(text) !== undefined,
} satisfies Readonly<Record<string, Format>>;

export type FormatName = keyof typeof FORMATS;

/**
 * Returns a function that returns the problem of a text; undefined for a text in the format.
 *
 * @throws Error for an unknown format
 */
export function formatCheck(name: FormatName): (text: string) => Problem {
  const format: Format | undefined = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  if (format === undefined) throw new Error(`a body schema cannot have the format ${name}`);
  if (typeof format === 'function') {
    return (text) => (format(text) ? undefined : `${pythonRepr(text)} is not a ${pythonRepr(name)}`);
  }
  const whole = `An invalid 'name' value was provided. The name must be: ${format.reason}`;
  return (text) => (format.pattern.test(text) ? undefined : { whole });
}

/** Returns the result of OpenStack's `is_uuid_like`, which accepts any hyphens, prefixes and outer braces. */
function isUuid(text: string): boolean {
  const plain = text.replaceAll('urn:', '').replaceAll('uuid:', '');
  return /^[{}]*-*(?:[\da-f]-*){32}[{}]*$/i.test(plain);
}

/**
 * Returns true if Python's `b64decode` accepts a text. `b64decode` skips unknown ASCII characters, and stops after a
 * complete padding. For a text with other characters, Nova would return 500.
 */
function isBase64(text: string): boolean {
  if (/[\u0080-\uFFFF]/.test(text)) return false;
  let characters = 0;
  let padding = 0;
  for (const [character] of text.matchAll(/[A-Za-z\d+/=]/g)) {
    if (character !== '=') {
      characters += 1;
      padding = 0;
    } else if (characters % 4 >= 2) {
      padding += 1;
      if ((characters % 4) + padding >= 4) return true;
    }
  }
  return characters % 4 === 0;
}
