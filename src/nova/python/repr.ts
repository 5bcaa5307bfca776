/**
 * Returns a text as Python's `repr()` prints it, with quotes and escapes. Nova's messages about invalid parameters
 * contain texts in this form, and clients may compare the messages.
 */
export function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let printed = '';
  for (const character of text) printed += escaped(character, quote);
  return quote + printed + quote;
}

/** Returns a list of texts as Python prints it. */
export function pythonList(texts: readonly string[]): string {
  return `[${texts.map(pythonRepr).join(', ')}]`;
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\\': '\\\\',
};

/** Returns a character, or its escape sequence if Python escapes it. */
function escaped(character: string, quote: string): string {
  if (character === quote) return `\\${character}`;
  const named = NAMED_ESCAPES[character];
  if (named !== undefined) return named;
  if (character === ' ' || !/^[\p{C}\p{Z}]$/u.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}
