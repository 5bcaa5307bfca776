import type { AuthRequest } from '../authenticator.js';
import type { ValidToken } from './token.js';

/** An application credential's rules for this service. Plain data, so that processes can send it to each other. */
export interface RuleSet {
  /** True if the token's catalogue contains this service. If not, the token permits no request. */
  readonly inCatalogue: boolean;
  /** Each pattern is a method, a space and a path in which `ANY` and `SEGMENT` are wildcards. */
  readonly patterns: readonly string[];
}

/** `too costly`: the comparison of the rules with the path needs more than `MAX_STEPS`. The service returns 401. */
export type Permission = 'granted' | 'denied' | 'too costly';

/** The wildcard for `**`: any text, including the empty text. */
const ANY = '*';

/** The wildcard for `*` and `{name}`: one or more characters of one path segment. */
const SEGMENT = '\0';

/**
 * The maximum length of a token's rules for this service, in characters. Keystone accepts about 85,000 in one request.
 */
const MAX_RULES_LENGTH = 262_144;

/** The maximum number of steps for all rules of one request together. They take a few milliseconds. */
export const MAX_STEPS = 300_000;

/**
 * Returns the rules of a token as patterns; undefined if the token permits any request.
 * The function omits rules beyond `MAX_RULES_LENGTH`, so that they permit nothing.
 */
export function readRules(
  { accessRules, serviceTypes }: ValidToken,
  serviceType: string,
): RuleSet | undefined {
  if (accessRules === undefined) return undefined;
  const patterns = new Set<string>();
  let size = 0;
  for (const { service, method, path } of accessRules) {
    if (service !== serviceType || !/^[A-Z]+$/.test(method) || path.includes(SEGMENT)) continue;
    size += path.length;
    if (size > MAX_RULES_LENGTH) break;
    patterns.add(`${method} ${patternOf(path)}`);
  }
  return { inCatalogue: serviceTypes.includes(serviceType), patterns: [...patterns] };
}

/** The remaining steps of a request. A comparison that needs more steps fails. */
export interface Budget {
  left: number;
}

/**
 * Compares a request with the rules of its token. A request with a service token needs no comparison: the service that
 * forwards it is responsible for the caller's rules.
 */
export function permission(
  rules: RuleSet | undefined,
  request: AuthRequest,
  budget: Budget = { left: MAX_STEPS },
): Permission {
  if (rules === undefined) return 'granted';
  if (!rules.inCatalogue) return 'denied';
  if (request.serviceToken !== undefined) return 'granted';
  const subject = `${request.method} ${request.path}`;
  for (const pattern of rules.patterns) {
    if (matches(subject, pattern, budget)) return 'granted';
    if (budget.left < 0) return 'too costly';
  }
  return 'denied';
}

/**
 * Replaces the wildcards of a rule's path with `ANY` and `SEGMENT`. It takes linear time: it looks for braces only
 * before the last `}`, so an unclosed `{` does not start a search to the end of the path.
 */
function patternOf(path: string): string {
  const lastClosed = path.lastIndexOf('}') + 1;
  // eslint-disable-next-line regexp/no-super-linear-move -- each brace in this part of the path is closed
  const closed = path.slice(0, lastClosed).replace(/\{[^}]*\}|(?:\*\*)+|\*/g, wildcard);
  return closed + path.slice(lastClosed).replace(/(?:\*\*)+|\*/g, wildcard);
}

function wildcard(text: string): string {
  return text.startsWith('**') ? ANY : SEGMENT;
}

/**
 * Returns true if a pattern matches the whole subject. Callers write both, so a regular expression could take
 * exponential time. Instead, the function reads the subject once, and keeps a list of all positions in the pattern that
 * the characters so far can lead to. Each position in the list counts as one step for each character.
 */
function matches(subject: string, pattern: string, budget: Budget): boolean {
  const prefix = literalPrefix(pattern);
  budget.left -= prefix.length + 1;
  if (budget.left < 0 || !subject.startsWith(prefix)) return false;
  // reachedAt[position]: the number of characters read when the position was last reached, plus one.
  const reachedAt = new Uint32Array(pattern.length + 1);
  let positions: number[] = [];
  const reach = (position: number, read: number): void => {
    if (reachedAt[position] === read + 1) return;
    reachedAt[position] = read + 1;
    positions.push(position);
    if (pattern[position] === ANY) reach(position + 1, read);
  };
  reach(prefix.length, prefix.length);
  for (let at = prefix.length; at < subject.length && positions.length > 0; at += 1) {
    budget.left -= positions.length;
    if (budget.left < 0) return false;
    const previous = positions;
    positions = [];
    for (const position of previous) {
      const symbol = pattern[position];
      if (symbol === ANY) reach(position, at + 1);
      else if (symbol === SEGMENT) {
        if (subject[at] === '/') continue;
        reach(position, at + 1);
        reach(position + 1, at + 1);
      } else if (symbol === subject[at]) reach(position + 1, at + 1);
    }
  }
  return reachedAt[pattern.length] === subject.length + 1;
}

function literalPrefix(pattern: string): string {
  const ends = [ANY, SEGMENT].map((wild) => pattern.indexOf(wild)).filter((index) => index !== -1);
  return pattern.slice(0, Math.min(pattern.length, ...ends));
}
