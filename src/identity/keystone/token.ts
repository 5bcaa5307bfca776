import { isRecord } from '../../common/is-record.js';
import type { RequestContext } from '../request-context.js';

/** A rule of an application credential: one request that its tokens may make. */
export interface AccessRule {
  readonly service: string;
  readonly method: string;
  readonly path: string;
}

/** What Keystone says of a valid token, as far as it matters here. */
export interface ValidToken {
  readonly context: RequestContext;
  /** When it ends, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** Undefined for a token that may make any request. */
  readonly accessRules: readonly AccessRule[] | undefined;
  /** The types of service in its catalogue. */
  readonly serviceTypes: readonly string[];
}

/** Keystone's answer is not of the form that it has. */
export class MalformedToken extends Error {}

/** Policies look through the roles again and again, so there may not be any number of them. */
const MAX_ROLES = 1_000;

/**
 * Reads the body with which Keystone v3 describes a token.
 *
 * @throws MalformedToken for a body of another form; a part that is missing is never taken for a right
 */
export function readToken(body: unknown): ValidToken {
  const token = record(record(body, 'body')['token'], 'token');
  const user = record(token['user'], 'user');
  const project = token['project'] === undefined ? undefined : record(token['project'], 'project');
  const domain = token['domain'] === undefined ? undefined : record(token['domain'], 'domain');
  const system = token['system'] === undefined ? undefined : record(token['system'], 'system');
  const expiresAt = Date.parse(text(token['expires_at'], 'expires_at'));
  if (Number.isNaN(expiresAt)) throw new MalformedToken('expires_at is no time');
  return {
    context: {
      userId: text(user['id'], 'user.id'),
      userDomainId: domainOf(user),
      projectId: project === undefined ? null : text(project['id'], 'project.id'),
      projectDomainId: project === undefined ? null : domainOf(project),
      domainId: domain === undefined ? null : text(domain['id'], 'domain.id'),
      systemScope: system?.['all'] === true ? 'all' : null,
      roles: readRoles(token['roles'] ?? []),
      isAdminProject: token['is_admin_project'] !== false,
      service: null,
    },
    expiresAt,
    accessRules: readAccessRules(token['application_credential']),
    serviceTypes: list(token['catalog'] ?? [], 'catalog').map((entry) =>
      text(record(entry, 'catalog')['type'], 'catalog.type'),
    ),
  };
}

function readRoles(value: unknown): string[] {
  const roles = list(value, 'roles');
  if (roles.length > MAX_ROLES) throw new MalformedToken(`more than ${MAX_ROLES} roles`);
  return roles.map((role) => text(record(role, 'role')['name'], 'role.name'));
}

function readAccessRules(credential: unknown): AccessRule[] | undefined {
  if (credential === undefined || credential === null) return undefined;
  const rules = record(credential, 'application_credential')['access_rules'];
  if (rules === undefined || rules === null) return undefined;
  return list(rules, 'access_rules').map((entry) => {
    const rule = record(entry, 'access_rule');
    return {
      service: text(rule['service'], 'access_rule.service'),
      method: text(rule['method'], 'access_rule.method'),
      path: text(rule['path'], 'access_rule.path'),
    };
  });
}

function domainOf(owner: Record<string, unknown>): string | null {
  return owner['domain'] === undefined ? null : text(record(owner['domain'], 'domain')['id'], 'domain.id');
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (isRecord(value)) return value;
  throw new MalformedToken(`${name} is no object`);
}

function list(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new MalformedToken(`${name} is no list`);
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new MalformedToken(`${name} is no text`);
}
