import { LiteralTokens } from './literal-tokens.js';
import { pythonFloat, pythonForm } from '../../python/values.js';

/** A literal's value as Python prints it: alone, and within a list. */
interface Literal {
  readonly text: string;
  readonly form: string;
  /** Present for a number without a sign, which may get one. */
  readonly number?: bigint | number;
}

/** What an expression comes to: a literal's value, or undefined if it is a name, a sum, a call… */
type Reading = Literal | undefined;

const CONSTANTS: ReadonlyMap<string, string> = new Map([
  ['None', 'None'],
  ['True', 'True'],
  ['False', 'False'],
  ['...', 'Ellipsis'],
]);
const BINARY: ReadonlySet<string> = new Set(
  'and or in not is ** * / // % @ + - << >> & ^ | < > <= >= == !='.split(' '),
);
const SIGNS: ReadonlySet<string> = new Set('+-~');

/**
 * The left side of a check as Python's `ast.literal_eval` sees it: the text that `str()` prints for a literal
 * (`'p1'` → p1, `1.50` → 1.5, `[1,'a']` → [1, 'a']), or undefined for an expression that is none, such as
 * `user_id` or `a.b`. Throws a RuleError for what is no Python at all (`class`, `1a`, an empty text).
 * Not read, and so refused too: bytes, complex numbers, sets, dicts, f-strings, comprehensions, `if … else`.
 */
export function literalText(source: string): string | undefined {
  return new LiteralReader(source).whole()?.text;
}

class LiteralReader {
  private readonly tokens: LiteralTokens;

  constructor(source: string) {
    this.tokens = new LiteralTokens(source);
  }

  whole(): Reading {
    if (this.tokens.isEmpty()) throw this.tokens.error();
    return this.group('');
  }

  /** One expression, or several with commas, which make a tuple. */
  private group(close: ')' | ''): Reading {
    const { members, trailingComma } = this.members(close);
    if (members.length === 1 && !trailingComma) return members[0];
    return sequence('(', members, members.length === 1 ? ',)' : ')');
  }

  private members(close: string): { members: readonly Reading[]; trailingComma: boolean } {
    const members: Reading[] = [];
    let trailingComma = false;
    while (!this.tokens.take(close)) {
      if (members.length > 0 && !trailingComma) throw this.tokens.error();
      members.push(this.expression());
      trailingComma = this.tokens.take(',');
    }
    return { members, trailingComma };
  }

  /** Operands and operators in turn. Which binds tighter does not matter: any operator makes it no literal. */
  private expression(): Reading {
    let reading = this.operand(true);
    for (let operator = this.binary(); operator !== undefined; operator = this.binary()) {
      this.operand(operator === 'and' || operator === 'or');
      reading = undefined;
    }
    return reading;
  }

  private binary(): string | undefined {
    const operator = this.tokens.takeAny(BINARY);
    if (operator === 'is') this.tokens.take('not');
    if (operator === 'not' && !this.tokens.take('in')) throw this.tokens.error();
    return operator;
  }

  private operand(mayNegate: boolean): Reading {
    if (mayNegate && this.tokens.take('not')) {
      this.operand(true);
      return undefined;
    }
    const sign = this.tokens.takeAny(SIGNS);
    if (sign === undefined) return this.primary();
    const number = this.operand(false)?.number;
    if (number === undefined || sign === '~') return undefined;
    return plain(printed(sign === '-' ? -number : number));
  }

  private primary(): Reading {
    let reading = this.atom();
    for (;;) {
      if (this.tokens.take('.')) {
        if (this.tokens.next().type !== 'name') throw this.tokens.error();
      } else if (this.tokens.take('(')) {
        this.members(')');
      } else if (this.tokens.take('[')) {
        if (this.members(']').members.length === 0) throw this.tokens.error();
      } else {
        return reading;
      }
      reading = undefined;
    }
  }

  private atom(): Reading {
    const token = this.tokens.next();
    if (token.type === 'name') return undefined;
    if (token.type === 'number') return { ...plain(printed(token.number)), number: token.number };
    if (token.type === 'string') {
      // Strings side by side are one.
      let text = token.text;
      while (this.tokens.isString()) text += this.tokens.next().text;
      return { text, form: pythonForm(text) };
    }
    const constant = CONSTANTS.get(token.text);
    if (constant !== undefined) return plain(constant);
    if (token.text === '(') return this.group(')');
    if (token.text === '[') return sequence('[', this.members(']').members, ']');
    throw this.tokens.error();
  }
}

function plain(text: string): Literal {
  return { text, form: text };
}

function printed(number: bigint | number): string {
  return typeof number === 'bigint' ? number.toString() : pythonFloat(number);
}

function sequence(open: string, members: readonly Reading[], close: string): Reading {
  const forms = members.flatMap((member) => (member === undefined ? [] : [member.form]));
  return forms.length === members.length ? plain(`${open}${forms.join(', ')}${close}`) : undefined;
}
