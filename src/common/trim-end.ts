/**
 * Removes every occurrence of a character at the end of a text. Clients choose the text, so the time must be linear: a
 * regular expression such as `/ +$/` takes quadratic time if the text has many spaces before another character.
 */
export function trimEnd(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text.charAt(end - 1) === character) end -= 1;
  return text.slice(0, end);
}
