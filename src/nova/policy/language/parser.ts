/** A rule as policy files and policies in code write it: the language, or the older list (or) of lists (and) of checks. */
export type RuleText = string | readonly (string | readonly string[])[];

/** A rule as it was read. `depth` says how deep `and`, `or` and `not` nest in it. */
export type Expression = { readonly depth: number } & (
  | { readonly type: 'check'; readonly word: string }
  | { readonly type: 'not'; readonly operand: Expression }
  | { readonly type: 'and' | 'or'; readonly operands: readonly Expression[] }
);

/** The most that a rule may nest, since its evaluation nests as deep. Parentheses around one check do not count. */
const MAX_RULE_DEPTH = 50;

/** How much of a rule a message shows, in characters. */
const MAX_SHOWN_LENGTH = 200;

/** What Python's `\s` matches in text: JavaScript's own `\s` adds U+FEFF and lacks the ASCII separators and U+0085. */
// eslint-disable-next-line no-control-regex -- the ASCII separators are control characters
const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/**
 * Reads a rule as oslo.policy's `parse_rule` does. An empty rule allows everybody, and so does null.
 *
 * @returns undefined for a rule that cannot be read
 */
export function readRule(rule: unknown): Expression | undefined {
  if (rule === null || rule === undefined || rule === '') return check('@');
  const expression = typeof rule === 'string' ? readText(rule) : readList(rule);
  return expression !== undefined && expression.depth <= MAX_RULE_DEPTH ? expression : undefined;
}

/** A rule, or a part of one, as messages show it. */
export function abbreviate(text: string): string {
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text;
}

/** What is open at one depth of parentheses: `a or b and ` holds the alternative a and the conjunct b. */
interface Level {
  readonly alternatives: Expression[];
  conjuncts: Expression[];
  negated: boolean;
  /** Whether an operand has just ended, so that only an operator or a closing parenthesis may follow. */
  complete: boolean;
}

/**
 * `not` binds tightest, then `and`, then `or`; oslo.policy's table of reductions accepts nothing else. The levels
 * are a list and not calls, so that no depth of parentheses exhausts the stack.
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

/** Each member of the list is one check or a list of checks; there are no operators or parentheses within. */
function readList(list: unknown): Expression | undefined {
  if (!Array.isArray(list)) return undefined;
  if (list.length === 0) return check('@');
  const alternatives: Expression[] = [];
  for (const member of list as readonly unknown[]) {
    if (member === null || member === '') continue;
    const words: unknown = typeof member === 'string' ? [member] : member;
    if (!isListOfText(words)) return undefined;
    if (words.length > 0) alternatives.push(joined('and', words.map(check)));
  }
  // A list of nothing but empty members denies.
  return alternatives.length === 0 ? check('!') : joined('or', alternatives);
}

function isListOfText(value: unknown): value is readonly string[] {
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
 * Splits a rule's text into parentheses, operators in lower case, and checks. As in oslo.policy only white space
 * separates words, and parentheses count at a word's two ends: those of `%(key)s` stay part of the check.
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
