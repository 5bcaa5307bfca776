import { BadRequest } from '../fault/faults.js';

/** The parameters of a query, in the order of their first occurrence, each with all its values. */
export type QueryValues = ReadonlyMap<string, readonly string[]>;

const NONE: QueryValues = new Map();

/**
 * Parses a query string: `&` separates parameters, `+` means a space, and a parameter without `=` has an empty value.
 *
 * @throws BadRequest if a name or a value is not UTF-8
 */
export function parseQuery(query: string): QueryValues {
  if (query === '') return NONE;
  const values = new Map<string, string[]>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const mark = part.indexOf('=');
    const name = decode(mark < 0 ? part : part.slice(0, mark));
    const value = mark < 0 ? '' : decode(part.slice(mark + 1));
    const others = values.get(name);
    if (others === undefined) values.set(name, [value]);
    else others.push(value);
  }
  return values;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes a name or a value. Leaves invalid percent-encoding unchanged; `decodeURIComponent` would throw. */
function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  if (/^[\x20-\x7e]*$/.test(spaced) && !spaced.includes('%')) return spaced;
  const bytes = spaced.replace(/%([0-9a-f]{2})/gi, (_match, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1'));
  } catch {
    throw new BadRequest('Query string is not UTF-8 encoded');
  }
}
