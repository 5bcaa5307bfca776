import { ALWAYS, all, any, type Check, NEVER, not } from './checks.js';
import { tokensOf } from './lexer.js';
import { checkOf, type RuleContext } from './words.js';

/** A rule as policy files and policies in code write it: the language, or the older list (or) of lists (and) of checks. */
export type RuleText = string | readonly (string | readonly string[])[];

/**
 * Reads a rule. An empty rule allows everybody, as does null, which is what a policy file holds behind a bare
 * `name:`. A rule that cannot be read is reported and denies everybody. After oslo.policy's `parse_rule`.
 */
export function parseRule(rule: unknown, context: RuleContext): Check {
  if (rule === null || rule === undefined || rule === '') return ALWAYS;
  const check = Array.isArray(rule) ? parseList(rule, context) : parseText(rule, context);
  if (check === undefined) {
    const shown = typeof rule === 'string' ? `"${rule}"` : 'it is neither text nor a list of checks';
    context.report(`the rule cannot be read and denies everybody: ${shown}`);
    return NEVER;
  }
  return check;
}

/** What is open at one depth of parentheses: `a or b and ` holds the alternative a and the conjunct b. */
interface Level {
  readonly alternatives: Check[];
  conjuncts: Check[];
  negated: boolean;
  /** Whether a check has just ended, so that only an operator or a closing parenthesis may follow. */
  complete: boolean;
}

/**
 * `not` binds tightest, then `and`, then `or`, and a rule must be whole: that is all that oslo.policy's table of
 * reductions can reduce. The levels are a list and not calls, so that no depth of parentheses exhausts the stack.
 */
function parseText(text: unknown, context: RuleContext): Check | undefined {
  if (typeof text !== 'string') return undefined;
  const outer: Level[] = [];
  let level = openLevel();
  for (const token of tokensOf(text)) {
    // After a whole check comes an operator or a closing parenthesis, and those come nowhere else.
    const follows = token.type === 'and' || token.type === 'or' || token.type === ')';
    if (token.type === 'string' || follows !== level.complete) return undefined;
    if (token.type === 'check') {
      add(level, checkOf(token.word, context));
    } else if (token.type === 'not') {
      level.negated = !level.negated;
    } else if (token.type === 'and') {
      level.complete = false;
    } else if (token.type === 'or') {
      closeAlternative(level);
    } else if (token.type === '(') {
      outer.push(level);
      level = openLevel();
    } else {
      const inner = closeLevel(level);
      const parent = outer.pop();
      if (parent === undefined) return undefined;
      level = parent;
      add(level, inner);
    }
  }
  return level.complete && outer.length === 0 ? closeLevel(level) : undefined;
}

function openLevel(): Level {
  return { alternatives: [], conjuncts: [], negated: false, complete: false };
}

function add(level: Level, check: Check): void {
  level.conjuncts.push(level.negated ? not(check) : check);
  level.negated = false;
  level.complete = true;
}

function closeAlternative(level: Level): void {
  level.alternatives.push(all(level.conjuncts));
  level.conjuncts = [];
  level.complete = false;
}

function closeLevel(level: Level): Check {
  closeAlternative(level);
  return any(level.alternatives);
}

/** Each member of the list is one check or a list of checks; there are no operators or parentheses within. */
function parseList(list: readonly unknown[], context: RuleContext): Check | undefined {
  if (list.length === 0) return ALWAYS;
  const alternatives: Check[] = [];
  for (const member of list) {
    // Empty members are passed over, and a list of nothing else denies.
    if (member === null || member === '') continue;
    const words: unknown = typeof member === 'string' ? [member] : member;
    if (!isListOfText(words)) return undefined;
    if (words.length > 0) alternatives.push(all(words.map((word) => checkOf(word, context))));
  }
  return any(alternatives);
}

function isListOfText(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string');
}
