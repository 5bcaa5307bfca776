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

/** What the checks of a rule need of its surroundings. */
export interface RuleContext {
  /** The check that evaluates another rule, by its name. */
  readonly ruleCheck: (name: string) => Check;
  /** Gets the reason why a check means less than it seems to say. */
  readonly report: (problem: string) => void;
}

/** The left sides that are literals and print as they are written, without their quotes. */
const LITERAL = /^(?:None|True|False|0|[1-9]\d*|'([^'\\\p{Cc}]*)'|"([^"\\\p{Cc}]*)")$/u;

/** The left sides that name a credential, or lead into one. */
const CREDENTIAL = /^[a-z_]\w*(?:\.[a-z_]\w*)*$/i;

/** Python's keywords: oslo.policy raises an error for a left side with one of these. */
const KEYWORD = new RegExp(
  `\\b(?:False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|` +
    `global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield)\\b`,
);

/**
 * Makes a rule ready to be evaluated.
 *
 * @throws RuleError for a rule with a check that is not supported. The rule must not be evaluated without that check:
 *   behind a `not`, a check that merely denies would allow.
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

/** How many checks a rule holds. */
export function countChecks(expression: Expression): number {
  if (expression.type === 'check') return 1;
  if (expression.type === 'not') return countChecks(expression.operand);
  return expression.operands.reduce((sum, operand) => sum + countChecks(operand), 0);
}

/** One check: `!`, `@` or `kind:match`. As in oslo.policy, a word without a colon denies. */
function singleCheck(word: string, { ruleCheck, report }: RuleContext): Check {
  if (word === '!') return () => false;
  if (word === '@') return () => true;
  // oslo.policy takes a word in quotes for a text, which no rule may hold.
  if (/^(["']).*\1$/s.test(word)) throw unsupported(word, 'it begins and ends with a quote');
  const colon = word.indexOf(':');
  if (colon < 0) {
    report(`"${abbreviate(word)}" is no check and denies`);
    return () => false;
  }
  const kind = word.slice(0, colon);
  const match = word.slice(colon + 1);
  if (kind === 'rule') return ruleCheck(match);
  if (kind === 'is_admin') return adminCheck(match);
  if (kind === 'http' || kind === 'https') throw unsupported(word, 'it asks another server');
  const right = rightSide(word, match);
  if (kind === 'role') return roleCheck(right);
  const [literal, single, double] = (LITERAL.exec(kind) ?? []) as (string | undefined)[];
  if (literal !== undefined) return literalCheck(single ?? double ?? literal, right);
  if (CREDENTIAL.test(kind) && !KEYWORD.test(kind)) return credentialCheck(kind.split('.'), right);
  throw unsupported(
    word,
    'left of ":" only a credential, quoted text, digits, None, True or False may stand',
  );
}

function rightSide(word: string, match: string): RightSide {
  if (!match.includes('%')) return () => match;
  const key = /^%\(([^()]*)\)s$/.exec(match)?.[1];
  if (key === undefined) throw unsupported(word, 'right of ":" a "%" may only stand in "%(key)s", alone');
  return targetValue(key);
}

function unsupported(word: string, reason: string): RuleError {
  return new RuleError(`"${abbreviate(word)}" is not supported: ${reason}`);
}
