const TRUE = new Set(['1', 't', 'true', 'on', 'y', 'yes']);
const FALSE = new Set(['0', 'f', 'false', 'off', 'n', 'no']);

/** Parses a boolean as Nova's `bool_from_string(…, strict=True)` does. Returns undefined for any other text. */
export function parseBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  return TRUE.has(word) || (FALSE.has(word) ? false : undefined);
}

/** Returns true if the text means Python's `None`, as Nova's `is_none_string` does. */
export function isNoneString(text: string): boolean {
  return text.toLowerCase() === 'none';
}
