/** A piece of a rule's text. A `check` is a word such as `role:admin`; a `string` is a quoted word, which no rule may hold. */
export type Token =
  | { readonly type: 'and' | 'or' | 'not' | '(' | ')' | 'string' }
  | { readonly type: 'check'; readonly word: string };

/** What Python's `\s` matches in text: JavaScript's own `\s` adds U+FEFF and lacks the ASCII separators and U+0085. */
// eslint-disable-next-line no-control-regex -- the ASCII separators are control characters
const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/**
 * Splits a rule's text into tokens as oslo.policy does: at white space only. Parentheses count at the two ends
 * of a word, so that those of `%(key)s` within a word stay part of it.
 */
export function* tokensOf(text: string): Generator<Token> {
  for (const word of text.split(SPACE)) {
    const start = lengthOfRun(word, '(');
    yield* repeated('(', start);
    const body = word.slice(start);
    const end = trailingClosings(body);
    const bare = body.slice(0, body.length - end);
    if (bare !== '') yield tokenOf(bare, body);
    yield* repeated(')', end);
  }
}

function tokenOf(bare: string, body: string): Token {
  const operator = bare.toLowerCase();
  if (operator === 'and' || operator === 'or' || operator === 'not') return { type: operator };
  // Quotes are looked for before closing parentheses are taken off: `("x")` holds a check, `"x"` a string.
  return isQuoted(body) ? { type: 'string' } : { type: 'check', word: bare };
}

function isQuoted(word: string): boolean {
  const quote = word[0];
  return word.length >= 2 && (quote === '"' || quote === "'") && word.endsWith(quote);
}

function lengthOfRun(word: string, character: string): number {
  let length = 0;
  while (word[length] === character) length += 1;
  return length;
}

function trailingClosings(word: string): number {
  let count = 0;
  while (word[word.length - 1 - count] === ')') count += 1;
  return count;
}

function* repeated(type: '(' | ')', times: number): Generator<Token> {
  for (let count = 0; count < times; count += 1) yield { type };
}
