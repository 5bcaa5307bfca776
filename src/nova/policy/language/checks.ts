import { isRecord } from '../../../common/is-record.js';

/** The caller: user_id, project_id, roles, is_admin, system_scope and whatever else rules compare. */
export type Credentials = Readonly<Record<string, unknown>>;

/** The resource that the caller wants, as flat keys: `%(target.user.id)s` looks up the key `target.user.id`. */
export type Target = Readonly<Record<string, unknown>>;

/** A rule, or a part of one, ready to be evaluated. Throws a RuleError where oslo.policy raises. */
export type Check = (target: Target, credentials: Credentials) => boolean;

/** Why a rule cannot be evaluated. Such a rule denies, and so does every rule that evaluates it, also behind a `not`. */
export class RuleError extends Error {}

/** The right side of a check; undefined where the target lacks the key that it names. */
export type RightSide = (target: Target) => string | undefined;

/** A record's own value, or undefined: a key such as `constructor` finds nothing that was not put there. */
function ownValue(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/**
 * A value as Python's `str()` prints it, which is how checks compare.
 *
 * @throws RuleError for a list, an object or a number that is not whole
 */
function pythonText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null) return 'None';
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  throw new RuleError('only text, a whole number, a boolean or null can be compared');
}

/** `%(key)s`: the target's value. */
export function targetValue(key: string): RightSide {
  return (target) => {
    const value = ownValue(target, key);
    return value === undefined ? undefined : pythonText(value);
  };
}

/** `role:name`: the caller has the role. Letter case makes no difference. */
export function roleCheck(right: RightSide): Check {
  return (target, credentials) => {
    const wanted = right(target)?.toLowerCase();
    const roles = ownValue(credentials, 'roles');
    if (wanted === undefined || roles === undefined) return false;
    if (!isListOfText(roles)) throw new RuleError('the roles are not a list of texts');
    return roles.some((role) => role.toLowerCase() === wanted);
  };
}

function isListOfText(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string');
}

/** `is_admin:True`: Nova's own check. Any right side but `true` (any letter case) requires a caller who is no administrator. */
export function adminCheck(match: string): Check {
  const expected = match.toLowerCase() === 'true';
  return (_target, credentials) => {
    const isAdmin = ownValue(credentials, 'is_admin');
    if (isAdmin === undefined) throw new RuleError('the credentials lack is_admin');
    // To Python, 1 equals True and 0 equals False.
    return isAdmin === expected || isAdmin === Number(expected);
  };
}

/** `'text':match`: the right side is this text. */
export function literalCheck(text: string, right: RightSide): Check {
  return (target) => right(target) === text;
}

/**
 * `user_id:match`, `token.project.id:match`: the credential prints as the right side does. A target without the
 * key that the right side names denies before the credentials are looked at.
 */
export function credentialCheck(path: readonly string[], right: RightSide): Check {
  const [first = ''] = path;
  return (target, credentials) => {
    const wanted = right(target);
    return wanted !== undefined && holds(credential(credentials, first), path, 1, wanted);
  };
}

/** A credential by its key. `system` is the older name of a token's scope, and means the scope where there is one. */
function credential(credentials: Credentials, key: string): unknown {
  return (key === 'system' && ownValue(credentials, 'system_scope')) || ownValue(credentials, key);
}

/** Whether the value found under a key, or any member of it if it is a list, leads to the wanted text. */
function holds(found: unknown, path: readonly string[], depth: number, wanted: string): boolean {
  if (found === undefined) return false;
  if (!Array.isArray(found)) return leadsTo(found, path, depth, wanted);
  return found.some((member) => leadsTo(member, path, depth, wanted));
}

function leadsTo(value: unknown, path: readonly string[], depth: number, wanted: string): boolean {
  const key = path[depth];
  if (key === undefined) return pythonText(value) === wanted;
  if (!isRecord(value)) throw new RuleError(`there is no ${path.slice(0, depth + 1).join('.')} to look into`);
  return holds(ownValue(value, key), path, depth + 1, wanted);
}
