/**
 * Returns a regular expression that matches the same texts as in Python: `$` also allows a line end at the end of the
 * text, and `.` matches every character except a line end.
 *
 * @throws Error for a pattern that JavaScript does not support, or with an escape sequence such as `\d`, whose
 *   characters differ in Python
 */
export function pythonPattern(pattern: string): RegExp {
  let source = '';
  let isInBrackets = false;
  for (const [token] of pattern.matchAll(/\\?./gsu)) {
    if (token.startsWith('\\')) {
      source += escaped(token.slice(1), isInBrackets);
    } else if (isInBrackets) {
      source += token;
      isInBrackets = token !== ']';
    } else {
      source += TRANSLATED[token] ?? token;
      isInBrackets = token === '[';
    }
  }
  return new RegExp(source, 'u');
}

const TRANSLATED: Readonly<Record<string, string>> = { '.': '[^\\n]', $: '(?=\\n?$)' };

/** Returns a character, with a backslash if JavaScript needs one. */
function escaped(character: string, isInBrackets: boolean): string {
  if (/^[a-z\d]$/i.test(character)) {
    throw new Error(`a pattern cannot contain \\${character}: write the characters in brackets`);
  }
  const isSpecial = '^$\\.*+?()[]{}|/'.includes(character) || (isInBrackets && character === '-');
  return isSpecial ? `\\${character}` : character;
}
