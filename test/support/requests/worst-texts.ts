/** A function that returns a text of about `length` characters. */
export type TextOfLength = (length: number) => string;

/** Returns a function that repeats a short text (`piece`) after a prefix. */
export function repeatedText(piece: string, prefix = ''): TextOfLength {
  return (length) => prefix + piece.repeat(Math.max(0, Math.floor(length / piece.length)));
}

/** Returns a function that repeats a short text (`piece`). Each time, the next number replaces the `#` in the text. */
export function numberedText(piece: string): TextOfLength {
  return (length) => {
    let text = '';
    for (let index = 0; text.length < length; index += 1) text += piece.replace('#', String(index));
    return text;
  };
}

/**
 * Short texts to repeat in the value of a header. Parsers handle them specially: separators, white space, quotes,
 * numbers and others.
 */
export const HEADER_PIECES: readonly string[] = [
  ...'a a, , ;q=0.1, \\" / 0-1, . : 127.0.0.1:1, \xe9'.split(' '),
  ...['\t', 'a '],
];

/** Short texts to repeat in a part of a path. */
export const PATH_PIECES: readonly string[] =
  "a / %2f % %41 %ff %0a %20 ../ - ~1 %7B [ ' 0 urn: 2001-01-01%20".split(' ');

/** Short texts to repeat in the value of a query parameter. */
export const QUERY_PIECES: readonly string[] =
  'a + % %20 %27%22 %00 %F0%9F%98%80 %E2%80%A8 %ff 0 - : ~1 2001-01-01T'.split(' ');
