/**
 * Removes every occurrence of a character at the end of a text. A regular expression such as `/ +$/` would take
 * quadratic time for many spaces before another character, and clients choose the texts.
 */
export function trimEnd(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text.charAt(end - 1) === character) end -= 1;
  return text.slice(0, end);
}
