import { isRecord } from '../../../common/is-record.js';
import { MissingCredential, RuleError } from '../../python/rule-error.js';
import { templateOf } from './template.js';
import { ownValue, pythonText } from '../../python/values.js';

/** Who asks: user_id, project_id, roles, is_admin, system_scope and whatever else rules compare. */
export type Credentials = Readonly<Record<string, unknown>>;

/** What is asked for, as flat keys: `%(target.user.id)s` looks up the key `target.user.id`. */
export type Target = Readonly<Record<string, unknown>>;

/** A rule, or a part of one, ready to be asked. Throws a RuleError where oslo.policy raises. */
export type Check = (target: Target, credentials: Credentials) => boolean;

export const ALWAYS: Check = () => true;
export const NEVER: Check = () => false;

/** Allows what the check denies. An error stays an error: it must not turn into permission. */
export function not(check: Check): Check {
  return (target, credentials) => !check(target, credentials);
}

/** Allows what all checks allow, asked in their order until one denies. */
export function all(checks: readonly Check[]): Check {
  const [first] = checks;
  if (first !== undefined && checks.length === 1) return first;
  return (target, credentials) => {
    for (const check of checks) if (!check(target, credentials)) return false;
    return true;
  };
}

/** Allows what any check allows, asked in their order until one allows. */
export function any(checks: readonly Check[]): Check {
  const [first] = checks;
  if (first !== undefined && checks.length === 1) return first;
  return (target, credentials) => {
    for (const check of checks) if (check(target, credentials)) return true;
    return false;
  };
}

/** A check that cannot be carried out. It denies even behind a `not`. */
export function failing(reason: string): Check {
  return () => {
    throw new RuleError(reason);
  };
}

/** `role:name`: the caller has the role, in whatever case either is written. */
export function roleCheck(match: string): Check {
  const template = templateOf(match);
  return (target, credentials) => {
    const wanted = template(target)?.toLowerCase();
    const roles = ownValue(credentials, 'roles');
    if (wanted === undefined || roles === undefined) return false;
    return hasRole(wanted, roles);
  };
}

function hasRole(wanted: string, roles: unknown): boolean {
  let found = false;
  for (const role of isList(roles) ? roles : iterated(roles)) {
    if (typeof role !== 'string') throw new RuleError('a role is not text');
    found ||= role === wanted || role.toLowerCase() === wanted;
  }
  return found;
}

/** What Python finds in a value that ought to be a list: the letters of a text, the keys of a dict. */
function iterated(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return [...value];
  if (isRecord(value)) return Object.keys(value);
  throw new RuleError('the roles are not a list');
}

/** `is_admin:True`: Nova's own check. Any right side but `true`, in whatever case, asks for a caller who is none. */
export function adminCheck(match: string): Check {
  const expected = match.toLowerCase() === 'true';
  return (_target, credentials) => {
    const isAdmin = ownValue(credentials, 'is_admin');
    if (isAdmin === undefined) throw new MissingCredential('the credentials lack is_admin');
    // To Python, 1 equals True and 0 equals False.
    return isAdmin === expected || isAdmin === Number(expected);
  };
}

/** The left side of a check: a literal's text, keys that lead into the credentials, or neither. */
export type LeftSide =
  | { readonly type: 'literal'; readonly text: string }
  | { readonly type: 'path'; readonly keys: readonly string[] }
  | { readonly type: 'unreadable'; readonly problem: string };

/**
 * `kind:match`, every other check: what the left side gives must print as the right side does. A target without
 * the key that the right side names denies, before anything else is looked at.
 */
export function credentialCheck(left: LeftSide, match: string): Check {
  const template = templateOf(match);
  if (left.type === 'literal') return (target) => template(target) === left.text;
  if (left.type === 'path') {
    const { keys } = left;
    const [first = ''] = keys;
    return (target, credentials) => {
      const wanted = template(target);
      return wanted !== undefined && holds(credential(credentials, first), keys, 1, wanted);
    };
  }
  return (target) => {
    if (template(target) === undefined) return false;
    throw new RuleError(left.problem);
  };
}

/** A credential by its key. `system` is the older name of a token's scope, and means that wherever there is one. */
function credential(credentials: Credentials, key: string): unknown {
  const scope = key === 'system' ? ownValue(credentials, 'system_scope') : undefined;
  return isEmpty(scope) ? ownValue(credentials, key) : scope;
}

/** What Python takes for false. */
function isEmpty(value: unknown): boolean {
  return !value || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** Whether the value found under a key, or any member of it if it is a list, leads to the wanted text. */
function holds(found: unknown, keys: readonly string[], depth: number, wanted: string): boolean {
  if (found === undefined) return false;
  if (!Array.isArray(found)) return leadsTo(found, keys, depth, wanted);
  return found.some((member) => leadsTo(member, keys, depth, wanted));
}

function leadsTo(value: unknown, keys: readonly string[], depth: number, wanted: string): boolean {
  const key = keys[depth];
  if (key === undefined) return pythonText(value) === wanted;
  if (!isRecord(value)) throw new RuleError(`there is no ${keys.slice(0, depth + 1).join('.')} to look into`);
  return holds(ownValue(value, key), keys, depth + 1, wanted);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
