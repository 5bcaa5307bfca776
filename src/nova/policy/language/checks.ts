import { isRecord } from '../../../common/is-record.js';

/** The attributes of a caller that rules compare: user_id, project_id, roles, is_admin, system_scope and others. */
export type Credentials = Readonly<Record<string, unknown>>;

/** The attributes of the requested resource. The keys are flat: `%(target.user.id)s` reads the key `target.user.id`. */
export type Target = Readonly<Record<string, unknown>>;

/**
 * A compiled rule or check. Returns true if the rule or check allows the caller access to the target. Throws a
 * RuleError where oslo.policy raises an error.
 */
export type Check = (target: Target, credentials: Credentials) => boolean;

/** The error of a rule that cannot be evaluated. Every rule that evaluates such a rule denies, also after a `not`. */
export class RuleError extends Error {}

/**
 * The compiled right side of a check (the part after the colon). Returns the text of that side for a target, or
 * undefined if the target does not have the key that the right side names.
 */
export type RightSide = (target: Target) => string | undefined;

/** Returns a record's own property, or undefined. Ignores inherited properties such as `constructor`. */
function ownValue(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/**
 * Returns a value as Python's `str()` prints it. oslo.policy compares values in this form.
 *
 * @throws RuleError for a list, an object, a fraction or an integer beyond 2^53
 */
function pythonText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null) return 'None';
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  throw new RuleError('only a string, an integer, a boolean or null can be compared');
}

/** Compiles the right side `%(key)s`: the target's value for the key. */
export function targetValue(key: string): RightSide {
  return (target) => {
    const value = ownValue(target, key);
    return value === undefined ? undefined : pythonText(value);
  };
}

/** Compiles a check of the form `role:name`. It allows the caller if they have this role, in any letter case. */
export function roleCheck(right: RightSide): Check {
  return (target, credentials) => {
    const expected = right(target)?.toLowerCase();
    const roles = ownValue(credentials, 'roles');
    if (expected === undefined || roles === undefined) return false;
    if (!isStringList(roles)) throw new RuleError('the roles are not a list of strings');
    return roles.some((role) => role.toLowerCase() === expected);
  };
}

function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string');
}

/**
 * Compiles `is_admin:True`, a check that only Nova has. It allows administrators. With any other right side than `true`
 * (in any letter case), it allows the callers who are not administrators.
 */
export function adminCheck(match: string): Check {
  const expected = match.toLowerCase() === 'true';
  return (_target, credentials) => {
    const isAdmin = ownValue(credentials, 'is_admin');
    if (isAdmin === undefined) throw new RuleError('the credentials lack is_admin');
    // The number is compared too: in Python, 1 equals True and 0 equals False.
    return isAdmin === expected || isAdmin === Number(expected);
  };
}

/** Compiles a check of the form `'text':match`. The check allows the caller if the right side equals the text. */
export function literalCheck(text: string, right: RightSide): Check {
  return (target) => right(target) === text;
}

/**
 * Compiles a check such as `user_id:match` or `token.project.id:match`. The check allows the caller if the credential,
 * as Python prints it, equals the right side. If the target does not have the key that the right side names, the check
 * denies and does not read the credentials.
 */
export function credentialCheck(path: readonly string[], right: RightSide): Check {
  const [first = ''] = path;
  return (target, credentials) => {
    const expected = right(target);
    return expected !== undefined && matches(credential(credentials, first), path, 1, expected);
  };
}

/**
 * Returns a credential by its key. The key `system` is the older name of `system_scope`: it also gives the scope, if
 * the token has one.
 */
function credential(credentials: Credentials, key: string): unknown {
  return (key === 'system' && ownValue(credentials, 'system_scope')) || ownValue(credentials, key);
}

/**
 * Follows the keys `path[depth]`, `path[depth + 1]` and so on from the value `found`. Returns true if they lead to the
 * expected text. If they lead through a list, one matching member is enough.
 */
function matches(found: unknown, path: readonly string[], depth: number, expected: string): boolean {
  if (found === undefined) return false;
  if (!Array.isArray(found)) return memberMatches(found, path, depth, expected);
  return found.some((member) => memberMatches(member, path, depth, expected));
}

function memberMatches(value: unknown, path: readonly string[], depth: number, expected: string): boolean {
  const key = path[depth];
  if (key === undefined) return pythonText(value) === expected;
  if (!isRecord(value))
    throw new RuleError(
      `the credential ${path.slice(0, depth).join('.')} is not an object, so it has no key ${key}`,
    );
  return matches(ownValue(value, key), path, depth + 1, expected);
}
