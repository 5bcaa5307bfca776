/** A number that Python reads as a float: `1.0` is not `1`, and `NaN` and `Infinity` are numbers too. */
export class PythonFloat {
  constructor(readonly value: number) {}
}

/** A value that Python reads from JSON. Integers have any size. */
export type PythonValue = null | boolean | string | number | bigint | PythonFloat | PythonList | PythonDict;
export type PythonList = readonly PythonValue[];
export type PythonDict = ReadonlyMap<string, PythonValue>;

/** The maximum depth of lists and dicts. Python raises an error at about 1,000. The kit rejects deeper JSON as malformed. */
const MAX_DEPTH = 900;

/** The maximum number of digits of an integer. Python does not read longer ones. */
export const MAX_DIGITS = 4_300;

const SPACES = ' \t\n\r';
const NUMBER = /(-?(?:0|[1-9]\d*))(\.\d+)?([eE][+-]?\d+)?/y;
const CONSTANTS: ReadonlyMap<string, PythonValue> = new Map<string, PythonValue>([
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', new PythonFloat(NaN)],
  ['Infinity', new PythonFloat(Infinity)],
  ['-Infinity', new PythonFloat(-Infinity)],
]);
// cspell:ignore bfnrt
// eslint-disable-next-line no-control-regex -- JSON forbids these characters in texts
const TEXT = /"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"/y;

/**
 * Reads JSON as Python's `json.loads` does. Of equal keys in one dict, the last one counts.
 *
 * @throws SyntaxError for malformed JSON
 */
export function parsePythonJson(text: string): PythonValue {
  const reader = new JsonReader(text);
  const value = reader.value(0);
  if (!reader.isAtEnd()) throw new SyntaxError('extra data after the JSON value');
  return value;
}

class JsonReader {
  private position = 0;

  constructor(private readonly text: string) {}

  isAtEnd(): boolean {
    this.skipSpaces();
    return this.position === this.text.length;
  }

  value(depth: number): PythonValue {
    if (depth > MAX_DEPTH) throw new SyntaxError('the JSON is nested too deeply');
    this.skipSpaces();
    if (this.skip('{')) return this.dict(depth);
    if (this.skip('[')) return this.list(depth);
    if (this.text[this.position] === '"') return this.string();
    for (const [word, constant] of CONSTANTS) if (this.skip(word)) return constant;
    return this.number();
  }

  private dict(depth: number): PythonDict {
    const dict = new Map<string, PythonValue>();
    this.skipSpaces();
    if (this.skip('}')) return dict;
    do {
      this.skipSpaces();
      const key = this.string();
      this.skipSpaces();
      this.expect(':');
      dict.set(key, this.value(depth + 1));
      this.skipSpaces();
    } while (this.skip(','));
    this.expect('}');
    return dict;
  }

  private list(depth: number): PythonList {
    const list: PythonValue[] = [];
    this.skipSpaces();
    if (this.skip(']')) return list;
    do {
      list.push(this.value(depth + 1));
      this.skipSpaces();
    } while (this.skip(','));
    this.expect(']');
    return list;
  }

  private string(): string {
    const start = this.position;
    TEXT.lastIndex = start;
    if (!TEXT.test(this.text)) this.fail();
    this.position = TEXT.lastIndex;
    return JSON.parse(this.text.slice(start, this.position)) as string;
  }

  private number(): PythonValue {
    NUMBER.lastIndex = this.position;
    const [text, integer = '', fraction, exponent] = NUMBER.exec(this.text) ?? this.fail();
    this.position += text.length;
    if (fraction !== undefined || exponent !== undefined) return new PythonFloat(Number(text));
    if (integer.length - (integer.startsWith('-') ? 1 : 0) > MAX_DIGITS) this.fail();
    const number = Number(integer);
    return Number.isSafeInteger(number) ? number + 0 : BigInt(integer);
  }

  private skipSpaces(): void {
    while (this.position < this.text.length && SPACES.includes(this.text.charAt(this.position)))
      this.position += 1;
  }

  private skip(word: string): boolean {
    if (!this.text.startsWith(word, this.position)) return false;
    this.position += word.length;
    return true;
  }

  private expect(word: string): void {
    if (!this.skip(word)) this.fail();
  }

  private fail(): never {
    throw new SyntaxError(`malformed JSON at character ${this.position}`);
  }
}
