import type { AuthRequest } from '../authenticator.js';
import type { ValidToken } from './token.js';

/** The rules of an application credential that are about this service. Plain data, which processes send to each other. */
export interface RuleSet {
  /** Whether the token's catalogue has this service. Without it the token permits no request. */
  readonly inCatalogue: boolean;
  /** Each is a method, a space and a path in which `ANY` and `SEGMENT` are wildcards. */
  readonly patterns: readonly string[];
}

/** `too costly`: the rules could not be compared with the path within `MAX_STEPS`, so the request is refused. */
export type Permission = 'granted' | 'denied' | 'too costly';

/** Stands for `**`: any text, also none. */
const ANY = '*';

/** Stands for `*` and `{name}`: a segment of the path or a part of it, at least one character. */
const SEGMENT = '\0';

/** How many characters of rules a token may have for this service. Keystone takes about 85,000 in one request. */
const MAX_RULES_LENGTH = 262_144;

/** How many steps all rules of one request may take together. That many take some milliseconds. */
export const MAX_STEPS = 300_000;

/**
 * The rules of a token, ready to be matched; undefined where the token permits any request.
 * Rules beyond `MAX_RULES_LENGTH` are left out, so that they permit nothing.
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

/** Counts down the steps of a request. A match that uses up the rest fails. */
export interface Budget {
  left: number;
}

/** A service that passes a request on for its caller answers for the caller's rules itself. */
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

/** In time linear in the path: a `{` that nothing closes is not searched for more than once. */
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
 * Whether a pattern fits the whole subject. Callers write both, so no regular expression is made of the pattern. The
 * subject is read once; after each character there is a list of the places in the pattern that fit so far. Each visit
 * of a place is a step of the budget.
 */
function matches(subject: string, pattern: string, budget: Budget): boolean {
  const prefix = literalPrefix(pattern);
  budget.left -= prefix.length + 1;
  if (budget.left < 0 || !subject.startsWith(prefix)) return false;
  // reachedAt[place]: how much of the subject had been read when the place was last reached, plus one.
  const reachedAt = new Uint32Array(pattern.length + 1);
  let places: number[] = [];
  const reach = (place: number, read: number): void => {
    if (reachedAt[place] === read + 1) return;
    reachedAt[place] = read + 1;
    places.push(place);
    if (pattern[place] === ANY) reach(place + 1, read);
  };
  reach(prefix.length, prefix.length);
  for (let at = prefix.length; at < subject.length && places.length > 0; at += 1) {
    budget.left -= places.length;
    if (budget.left < 0) return false;
    const previous = places;
    places = [];
    for (const place of previous) {
      const piece = pattern[place];
      if (piece === ANY) reach(place, at + 1);
      else if (piece === SEGMENT) {
        if (subject[at] === '/') continue;
        reach(place, at + 1);
        reach(place + 1, at + 1);
      } else if (piece === subject[at]) reach(place + 1, at + 1);
    }
  }
  return reachedAt[pattern.length] === subject.length + 1;
}

function literalPrefix(pattern: string): string {
  const ends = [ANY, SEGMENT].map((wild) => pattern.indexOf(wild)).filter((index) => index !== -1);
  return pattern.slice(0, Math.min(pattern.length, ...ends));
}
