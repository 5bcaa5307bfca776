/**
 * A text without what stands at its end of one character. By hand: a regular expression for the end of a text tries
 * again at every such character within it, and callers choose how many there are.
 */
export function trimEnd(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text.charAt(end - 1) === character) end -= 1;
  return text.slice(0, end);
}
