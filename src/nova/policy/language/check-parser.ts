import {
  adminCheck,
  ALWAYS,
  type Check,
  credentialCheck,
  failing,
  type LeftSide,
  NEVER,
  roleCheck,
} from './checks.js';
import { literalText } from './literal.js';

/** What reading a rule needs of its surroundings. */
export interface RuleContext {
  /** The check that asks another rule, by its name. */
  readonly ruleCheck: (name: string) => Check;
  /** Hears why a check means less than it seems to say. */
  readonly report: (problem: string) => void;
  /** Makes a check count among those that a decision may take. */
  readonly counted: (check: Check, word: string) => Check;
}

/**
 * Reads one check: `!`, `@` or `kind:match`. A word without a colon is reported and denies; a check that can only
 * fail is reported and fails whoever asks it, behind a `not` too. After oslo.policy's `_parse_check`.
 */
export function checkOf(word: string, { ruleCheck, report }: RuleContext): Check {
  if (word === '!') return NEVER;
  if (word === '@') return ALWAYS;
  const colon = word.indexOf(':');
  if (colon < 0) {
    report(`"${word}" is no check and denies`);
    return NEVER;
  }
  const kind = word.slice(0, colon);
  const match = word.slice(colon + 1);
  switch (kind) {
    case 'rule':
      return ruleCheck(match);
    case 'role':
      return roleCheck(match);
    case 'is_admin':
      return adminCheck(match);
    case 'http':
    case 'https':
      report(`"${word}" fails and denies: asking another server is not supported`);
      return failing('asking another server is not supported');
    default:
      return credentialCheck(leftSideOf(kind, report), match);
  }
}

/** A kind that is no Python at all is reported; oslo.policy notices it only when the check is asked. */
function leftSideOf(kind: string, report: RuleContext['report']): LeftSide {
  try {
    const literal = literalText(kind);
    return literal === undefined
      ? { type: 'path', keys: kind.split('.') }
      : { type: 'literal', text: literal };
  } catch {
    const problem = `"${kind}" is neither a literal nor the name of a credential`;
    report(`${problem}: the check fails and denies`);
    return { type: 'unreadable', problem };
  }
}
