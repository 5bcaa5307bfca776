import type { AuthRequest } from '../authenticator.js';
import type { ValidToken } from './token.js';

/**
 * The access rules of a token for this service; Keystone attaches access rules to application credentials. The object
 * is plain data, so that processes can send it to each other.
 */
export interface RuleSet {
  /** True if the token's catalogue contains this service. If it does not, the token permits no request. */
  readonly inCatalogue: boolean;
  /**
   * The patterns of permitted requests. Each consists of a method, a space and a path, which may contain the wildcards
   * `ANY` and `SEGMENT`.
   */
  readonly patterns: readonly string[];
}

/**
 * The result of comparing a request with the access rules. `too costly` means that the comparison needs more than
 * `MAX_STEPS` steps; the service then returns 401.
 */
export type Permission = 'granted' | 'denied' | 'too costly';

/** The wildcard that replaces `**` in the path of a rule. It matches any text, including the empty text. */
const ANY = '*';

/**
 * The wildcard that replaces `*` and `{name}` in the path of a rule. It matches one or more characters of one path
 * segment.
 */
const SEGMENT = '\0';

/**
 * The maximum total length of a token's rules for this service, in characters. One request to Keystone can create rules
 * with about 85,000 characters.
 */
const MAX_RULES_LENGTH = 262_144;

/**
 * The maximum number of steps for comparing one request with all rules of its token. A step compares one character of
 * the request with one character of a rule. The maximum takes a few milliseconds.
 */
export const MAX_STEPS = 300_000;

/**
 * Returns the rules of a token as patterns, or undefined if the token has no rules and permits any request. If the
 * rules are longer than `MAX_RULES_LENGTH`, the function omits the last ones, which then permit nothing.
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

/** The number of steps that the comparison of a request may still use. */
export interface Budget {
  left: number;
}

/**
 * Returns the result of comparing a request with the rules of its token. The rules do not apply to a request with a
 * service token: the service that forwards the request is responsible for checking them.
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
 * Replaces the wildcards of Keystone in a rule's path (`**`, `*` and `{name}`) with `ANY` and `SEGMENT`, in linear
 * time. The function searches for `{` only before the last `}`. So an unclosed `{` does not start a search to the end
 * of the path.
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
 * Returns true if a pattern matches the whole subject. Callers choose the pattern and the subject, so a regular
 * expression could take exponential time. Instead, the function reads the subject once, character by character. It
 * keeps a list of all positions in the pattern that the match can have reached. For each character, each position in
 * the list counts as one step.
 */
function matches(subject: string, pattern: string, budget: Budget): boolean {
  const prefix = literalPrefix(pattern);
  budget.left -= prefix.length + 1;
  if (budget.left < 0 || !subject.startsWith(prefix)) return false;
  // For each position in the pattern: the number of characters that had been read when the position was last reached,
  // plus one.
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
