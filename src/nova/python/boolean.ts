const TRUE = new Set(['1', 't', 'true', 'on', 'y', 'yes']);
const FALSE = new Set(['0', 'f', 'false', 'off', 'n', 'no']);

/** Reads a boolean as Nova's `bool_from_string(…, strict=True)` does. @returns undefined for another text */
export function parseBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  return TRUE.has(word) || (FALSE.has(word) ? false : undefined);
}

/** Whether a text stands for no value, as in Nova's `is_none_string`. */
export function isNoneString(text: string): boolean {
  return text.toLowerCase() === 'none';
}
