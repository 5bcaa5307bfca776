/**
 * A rule as policy files and the code contain it: a text in oslo.policy's language, or the older form, a list of lists
 * of checks. In the older form, the rule allows if all checks of one inner list allow.
 */
export type RuleText = string | readonly (string | readonly string[])[];

/** A parsed rule. `depth` is the number of levels of nested `and`, `or` and `not`. */
export type Expression = { readonly depth: number } & (
  | { readonly type: 'check'; readonly word: string }
  | { readonly type: 'not'; readonly operand: Expression }
  | { readonly type: 'and' | 'or'; readonly operands: readonly Expression[] }
);

/**
 * The maximum `depth` of a rule. It is limited, because the evaluation of a rule is recursive. Redundant parentheses do
 * not increase the depth.
 */
const MAX_RULE_DEPTH = 50;

/** The maximum length of a rule in a message, in characters. */
const MAX_SHOWN_LENGTH = 200;

/**
 * The white space of Python's `\s`. JavaScript's `\s` differs: it includes U+FEFF, but not U+001C to U+001F and U+0085.
 */
// eslint-disable-next-line no-control-regex -- the ASCII separators are control characters
const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/**
 * Parses a rule as oslo.policy's `parse_rule` does. An empty rule and null allow everybody.
 *
 * @returns undefined if the rule is not valid or has a depth above {@link MAX_RULE_DEPTH}
 */
export function readRule(rule: unknown): Expression | undefined {
  if (rule === null || rule === undefined || rule === '') return check('@');
  const expression = typeof rule === 'string' ? readText(rule) : readList(rule);
  return expression !== undefined && expression.depth <= MAX_RULE_DEPTH ? expression : undefined;
}

/** Shortens a rule, or a part of one, for a message. */
export function abbreviate(text: string): string {
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text;
}

/** The parser's state within one pair of parentheses. After `a or b and `, `a` is an alternative and `b` a conjunct. */
interface Level {
  readonly alternatives: Expression[];
  conjuncts: Expression[];
  negated: boolean;
  /** True after an operand: only `and`, `or` or a closing parenthesis may follow. */
  complete: boolean;
}

/**
 * Parses a rule's text. `not` has the highest precedence, then `and`, then `or`, as in oslo.policy. The function keeps
 * the open parentheses in a list, because recursion at deeply nested parentheses could exhaust the stack.
 */
function readText(text: string): Expression | undefined {
  const outer: Level[] = [];
  let level = newLevel();
  for (const token of tokensOf(text)) {
    const follows = token === 'and' || token === 'or' || token === ')';
    if (follows !== level.complete) return undefined;
    if (token === 'and') {
      level.complete = false;
    } else if (token === 'or') {
      endAlternative(level);
    } else if (token === 'not') {
      level.negated = !level.negated;
    } else if (token === '(') {
      outer.push(level);
      level = newLevel();
    } else if (token === ')') {
      const inner = endLevel(level);
      const parent = outer.pop();
      if (parent === undefined) return undefined;
      level = parent;
      addOperand(level, inner);
    } else {
      addOperand(level, check(token));
    }
  }
  return level.complete && outer.length === 0 ? endLevel(level) : undefined;
}

function newLevel(): Level {
  return { alternatives: [], conjuncts: [], negated: false, complete: false };
}

function addOperand(level: Level, operand: Expression): void {
  level.conjuncts.push(level.negated ? { type: 'not', operand, depth: operand.depth + 1 } : operand);
  level.negated = false;
  level.complete = true;
}

function endAlternative(level: Level): void {
  level.alternatives.push(joined('and', level.conjuncts));
  level.conjuncts = [];
  level.complete = false;
}

function endLevel(level: Level): Expression {
  endAlternative(level);
  return joined('or', level.alternatives);
}

/** Parses the older form of a rule. Each member of the list is a check or a list of checks, without operators. */
function readList(list: unknown): Expression | undefined {
  if (!Array.isArray(list)) return undefined;
  if (list.length === 0) return check('@');
  const alternatives: Expression[] = [];
  for (const member of list as readonly unknown[]) {
    if (member === null || member === '') continue;
    const words: unknown = typeof member === 'string' ? [member] : member;
    if (!isStringList(words)) return undefined;
    if (words.length > 0) alternatives.push(joined('and', words.map(check)));
  }
  // As in oslo.policy, a list denies if all of its members are empty.
  return alternatives.length === 0 ? check('!') : joined('or', alternatives);
}

function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string');
}

function check(word: string): Expression {
  return { type: 'check', word, depth: 0 };
}

function joined(type: 'and' | 'or', operands: readonly Expression[]): Expression {
  const [first] = operands;
  if (first !== undefined && operands.length === 1) return first;
  return { type, operands, depth: 1 + operands.reduce((most, { depth }) => Math.max(most, depth), 0) };
}

/**
 * Splits a rule's text into parentheses, operators in lower case, and checks. As in oslo.policy, only white space
 * separates words. Only parentheses at the start or the end of a word are tokens: those of `%(key)s` belong to the
 * check.
 */
function* tokensOf(text: string): Generator<string> {
  for (const word of text.split(SPACE)) {
    let start = 0;
    while (word[start] === '(') start += 1;
    let end = word.length;
    while (end > start && word[end - 1] === ')') end -= 1;
    yield* word.slice(0, start);
    const bare = word.slice(start, end);
    const operator = bare.toLowerCase();
    if (bare !== '') yield operator === 'and' || operator === 'or' || operator === 'not' ? operator : bare;
    yield* word.slice(end);
  }
}
