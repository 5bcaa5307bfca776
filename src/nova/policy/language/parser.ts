import { ALWAYS, all, any, type Check, NEVER, not } from './checks.js';
import { tokensOf } from './lexer.js';
import { checkOf, type RuleContext } from './check-parser.js';

/** What reading a rule makes of its parts: checks that can be asked, or a text that can be compared. */
export interface RuleParts<Part> {
  readonly always: Part;
  /** `!`, `@` or `kind:match`. */
  word(word: string): Part;
  not(part: Part): Part;
  all(parts: readonly Part[]): Part;
  any(parts: readonly Part[]): Part;
}

/** A rule as policy files and policies in code write it: the language, or the older list (or) of lists (and) of checks. */
export type RuleText = string | readonly (string | readonly string[])[];

/**
 * Reads a rule. An empty rule allows everybody, as does null, which is what a policy file holds behind a bare
 * `name:`. A rule that cannot be read is reported and denies everybody. After oslo.policy's `parse_rule`.
 */
export function parseRule(rule: unknown, context: RuleContext): Check {
  const check = readRule(rule, {
    always: ALWAYS,
    word: (word) => context.counted(checkOf(word, context), word),
    not,
    all,
    any,
  });
  if (check === undefined) {
    const shown =
      typeof rule === 'string' ? `"${shortened(rule)}"` : 'it is neither text nor a list of checks';
    context.report(`the rule cannot be read and denies everybody: ${shown}`);
    return NEVER;
  }
  return check;
}

function shortened(rule: string): string {
  return rule.length > LONGEST_SHOWN ? `${rule.slice(0, LONGEST_SHOWN)}…` : rule;
}

/** Puts a rule together from its parts; undefined for one that cannot be read. */
export function readRule<Part>(rule: unknown, parts: RuleParts<Part>): Part | undefined {
  if (rule === null || rule === undefined || rule === '') return parts.always;
  return Array.isArray(rule) ? readList(rule, parts) : readText(rule, parts);
}

/** How deep `and`, `or` and `not` may nest, since asking goes as deep; parentheses around one check count for nothing. */
const DEEPEST = 50;

/** How much of a rule a message shows, in characters. */
const LONGEST_SHOWN = 200;

/** What is open at one depth of parentheses: `a or b and ` holds the alternative a and the conjunct b. */
interface Level<Part> {
  readonly alternatives: Part[];
  conjuncts: Part[];
  negated: boolean;
  /** Whether a check has just ended, so that only an operator or a closing parenthesis may follow. */
  complete: boolean;
  /** How deep its parts nest. */
  depth: number;
}

/**
 * `not` binds tightest, then `and`, then `or`, and a rule must be whole: that is all that oslo.policy's table of
 * reductions can reduce. The levels are a list and not calls, so that no depth of parentheses exhausts the stack.
 */
function readText<Part>(text: unknown, parts: RuleParts<Part>): Part | undefined {
  if (typeof text !== 'string') return undefined;
  const outer: Level<Part>[] = [];
  let level = openLevel<Part>();
  for (const token of tokensOf(text)) {
    // After a whole check comes an operator or a closing parenthesis, and those come nowhere else.
    const follows = token.type === 'and' || token.type === 'or' || token.type === ')';
    if (token.type === 'string' || follows !== level.complete) return undefined;
    if (token.type === 'check') {
      add(level, parts.word(token.word), 0, parts);
    } else if (token.type === 'not') {
      level.negated = !level.negated;
    } else if (token.type === 'and') {
      level.complete = false;
    } else if (token.type === 'or') {
      closeAlternative(level, parts);
    } else if (token.type === '(') {
      outer.push(level);
      level = openLevel();
    } else {
      const isOne = level.alternatives.length === 0 && level.conjuncts.length === 1;
      const depth = isOne ? level.depth : level.depth + 1;
      const inner = closeLevel(level, parts);
      const parent = outer.pop();
      if (parent === undefined || depth > DEEPEST) return undefined;
      level = parent;
      add(level, inner, depth, parts);
    }
  }
  return level.complete && outer.length === 0 ? closeLevel(level, parts) : undefined;
}

function openLevel<Part>(): Level<Part> {
  return { alternatives: [], conjuncts: [], negated: false, complete: false, depth: 0 };
}

function add<Part>(level: Level<Part>, part: Part, depth: number, parts: RuleParts<Part>): void {
  level.depth = Math.max(level.depth, level.negated ? depth + 1 : depth);
  level.conjuncts.push(level.negated ? parts.not(part) : part);
  level.negated = false;
  level.complete = true;
}

function closeAlternative<Part>(level: Level<Part>, parts: RuleParts<Part>): void {
  level.alternatives.push(parts.all(level.conjuncts));
  level.conjuncts = [];
  level.complete = false;
}

function closeLevel<Part>(level: Level<Part>, parts: RuleParts<Part>): Part {
  closeAlternative(level, parts);
  return parts.any(level.alternatives);
}

/** Each member of the list is one check or a list of checks; there are no operators or parentheses within. */
function readList<Part>(list: readonly unknown[], parts: RuleParts<Part>): Part | undefined {
  if (list.length === 0) return parts.always;
  const alternatives: Part[] = [];
  for (const member of list) {
    // Empty members are passed over, and a list of nothing else denies.
    if (member === null || member === '') continue;
    const words: unknown = typeof member === 'string' ? [member] : member;
    if (!isListOfText(words)) return undefined;
    if (words.length > 0) alternatives.push(parts.all(words.map((word) => parts.word(word))));
  }
  return parts.any(alternatives);
}

function isListOfText(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string');
}
