import { RuleError } from '../../python/rule-error.js';

/** A token of Python. Keywords are symbols like `+`; the end of the text is the symbol ''. */
export type LiteralToken =
  | { readonly type: 'string' | 'name' | 'symbol'; readonly text: string }
  | { readonly type: 'number'; readonly text: string; readonly number: bigint | number };

const DIGITS = String.raw`\d(?:_?\d)*`;
const EXPONENT = `(?:[eE][+-]?${DIGITS})`;
const FLOAT = `(?:${DIGITS})?\\.${DIGITS}${EXPONENT}?|${DIGITS}(?:\\.${EXPONENT}?|${EXPONENT})`;
const INTEGER = `0[xX](?:_?[\\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|[1-9](?:_?\\d)*|0(?:_?0)*`;
const STRING = String.raw`[rRuU]?(?:'(?:\\[^]|[^'\\\n])*'|"(?:\\[^]|[^"\\\n])*")`;
const TOKEN = new RegExp(
  `(?<string>${STRING})` +
    `|(?:(?<float>${FLOAT})|(?<integer>${INTEGER}))(?![\\p{XID_Continue}.])` +
    `|(?<name>[\\p{XID_Start}_]\\p{XID_Continue}*)` +
    String.raw`|(?<symbol>\.\.\.|\*\*|//|<<|>>|[<>=!]=|[-+*/%@&|^~<>.,()[\]])`,
  'uy',
);
/** White space and a comment count for nothing. */
const GAP = /[ \t\f]*(?:#[^\n]*)?/y;

const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from ' +
    'global if import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
);

const ESCAPE = /\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3}|[^])/gu;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ['\n', ''],
]);

/** The tokens of a check's left side, as Python splits it, and how far they are read. */
export class LiteralTokens {
  private readonly tokens: readonly LiteralToken[];
  private at = 0;

  /** Throws a RuleError where Python reads no token. */
  constructor(source: string) {
    this.tokens = tokensOf(source);
  }

  isEmpty(): boolean {
    return this.tokens.length === 1;
  }

  isString(): boolean {
    return this.tokens[this.at]?.type === 'string';
  }

  next(): LiteralToken {
    const token = this.tokens[this.at];
    if (token === undefined) throw this.error();
    this.at += 1;
    return token;
  }

  /** Passes over the symbol if it comes next. */
  take(symbol: string): boolean {
    const token = this.tokens[this.at];
    const comes = token?.type === 'symbol' && token.text === symbol;
    if (comes) this.at += 1;
    return comes;
  }

  /** Passes over whichever of the symbols comes next. */
  takeAny(symbols: ReadonlySet<string>): string | undefined {
    const token = this.tokens[this.at];
    if (token?.type !== 'symbol' || !symbols.has(token.text)) return undefined;
    this.at += 1;
    return token.text;
  }

  error(): RuleError {
    return new RuleError('this is no expression of Python');
  }
}

function tokensOf(source: string): readonly LiteralToken[] {
  const tokens: LiteralToken[] = [];
  for (let at = skipGap(source, 0); at < source.length; at = skipGap(source, TOKEN.lastIndex)) {
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(source)?.groups;
    if (groups === undefined) throw new RuleError('this is no token of Python');
    tokens.push(tokenOf(groups));
  }
  return [...tokens, { type: 'symbol', text: '' }];
}

function skipGap(source: string, start: number): number {
  GAP.lastIndex = start;
  return start + (GAP.exec(source)?.[0].length ?? 0);
}

function tokenOf(groups: Readonly<Record<string, string>>): LiteralToken {
  const { string, float, integer, name, symbol = '' } = groups;
  if (string !== undefined) return { type: 'string', text: contentOf(string) };
  if (float !== undefined) return { type: 'number', text: float, number: Number(float.replaceAll('_', '')) };
  if (integer !== undefined) {
    return { type: 'number', text: integer, number: BigInt(integer.replaceAll('_', '')) };
  }
  if (name !== undefined) return { type: KEYWORDS.has(name) ? 'symbol' : 'name', text: name };
  return { type: 'symbol', text: symbol };
}

function contentOf(string: string): string {
  const raw = /^[rR]/.test(string);
  const content = string.slice(/^\w/.test(string) ? 2 : 1, -1);
  return raw ? content : content.replaceAll(ESCAPE, unescaped);
}

function unescaped(whole: string, escape: string): string {
  const plain = ESCAPES.get(escape);
  if (plain !== undefined) return plain;
  if (/^[0-7]/.test(escape)) return String.fromCodePoint(parseInt(escape, 8));
  if (escape.length > 1) return codePoint(parseInt(escape.slice(1), 16));
  // Python refuses these half-written; the names of characters behind \N are not known here.
  if (/[xuUN]/.test(escape)) throw new RuleError(`the escape ${whole} cannot be read`);
  return whole;
}

function codePoint(code: number): string {
  if (code > 0x10ffff) throw new RuleError('there is no such character');
  return String.fromCodePoint(code);
}
