import {
  adminCheck,
  type Check,
  credentialCheck,
  literalCheck,
  type RightSide,
  roleCheck,
  RuleError,
  targetValue,
} from './checks.js';
import { type Expression, abbreviate } from './parser.js';

/** The functions of a set of rules that the checks of one rule call. */
export interface RuleContext {
  /** Returns the check that evaluates the rule with the given name. */
  readonly ruleCheck: (name: string) => Check;
  /** Receives a message about a check that denies although the author of the rule may expect it to allow. */
  readonly report: (problem: string) => void;
}

/**
 * The supported literals on the left side of the colon in a check. Python's `str()` of such a literal is the text in
 * the rule, without quotes.
 */
const LITERAL = /^(?:None|True|False|0|[1-9]\d*|'([^'\\\p{Cc}]*)'|"([^"\\\p{Cc}]*)")$/u;

/**
 * Matches the left side of a check if it names a credential, or a key within a credential, such as `token.project.id`.
 */
const CREDENTIAL = /^[a-z_]\w*(?:\.[a-z_]\w*)*$/i;

/** Python's keywords. oslo.policy raises an error if the left side of a check contains one of them. */
const KEYWORD = new RegExp(
  `\\b(?:False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|` +
    `global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield)\\b`,
);

/**
 * Compiles a rule into a function that evaluates it.
 *
 * @throws RuleError if the rule contains an unsupported check. The check cannot simply deny instead: after a `not`, the
 *   rule would then allow.
 */
export function compileRule(expression: Expression, context: RuleContext): Check {
  if (expression.type === 'check') return singleCheck(expression.word, context);
  if (expression.type === 'not') {
    const operand = compileRule(expression.operand, context);
    return (target, credentials) => !operand(target, credentials);
  }
  const operands = expression.operands.map((operand) => compileRule(operand, context));
  return expression.type === 'and'
    ? (target, credentials) => operands.every((operand) => operand(target, credentials))
    : (target, credentials) => operands.some((operand) => operand(target, credentials));
}

/** Counts the checks in a rule. */
export function countChecks(expression: Expression): number {
  if (expression.type === 'check') return 1;
  if (expression.type === 'not') return countChecks(expression.operand);
  return expression.operands.reduce((sum, operand) => sum + countChecks(operand), 0);
}

/** Compiles one check: `!`, `@` or `kind:match`. As in oslo.policy, a word without a colon denies. */
function singleCheck(word: string, { ruleCheck, report }: RuleContext): Check {
  if (word === '!') return () => false;
  if (word === '@') return () => true;
  // oslo.policy reads a word in quotes as a string token, and its grammar allows no string in a rule.
  if (/^(["']).*\1$/s.test(word)) throw unsupported(word, 'it begins and ends with a quote');
  const colon = word.indexOf(':');
  if (colon < 0) {
    report(`"${abbreviate(word)}" is not a check, so it denies`);
    return () => false;
  }
  const kind = word.slice(0, colon);
  const match = word.slice(colon + 1);
  if (kind === 'rule') return ruleCheck(match);
  if (kind === 'is_admin') return adminCheck(match);
  if (kind === 'http' || kind === 'https') throw unsupported(word, 'it sends a request to another server');
  const right = rightSide(word, match);
  if (kind === 'role') return roleCheck(right);
  const [literal, single, double] = (LITERAL.exec(kind) ?? []) as (string | undefined)[];
  if (literal !== undefined) return literalCheck(single ?? double ?? literal, right);
  if (CREDENTIAL.test(kind) && !KEYWORD.test(kind)) return credentialCheck(kind.split('.'), right);
  throw unsupported(
    word,
    'the left side of ":" must be a credential, quoted text, digits, None, True or False',
  );
}

function rightSide(word: string, match: string): RightSide {
  if (!match.includes('%')) return () => match;
  const key = /^%\(([^()]*)\)s$/.exec(match)?.[1];
  if (key === undefined)
    throw unsupported(word, 'the right side of ":" may contain "%" only as "%(key)s" alone');
  return targetValue(key);
}

function unsupported(word: string, reason: string): RuleError {
  return new RuleError(`"${abbreviate(word)}" is not supported: ${reason}`);
}
