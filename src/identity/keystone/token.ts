import { isRecord } from '../../common/is-record.js';
import type { RequestContext } from '../request-context.js';

/** A rule of an application credential. Tokens of the credential permit only requests that match one of its rules. */
export interface AccessRule {
  readonly service: string;
  readonly method: string;
  readonly path: string;
}

/** The parts of Keystone's description of a valid token that the service uses. */
export interface ValidToken {
  readonly context: RequestContext;
  /** The time at which the token expires, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** The access rules of the token; undefined if the token permits any request. */
  readonly accessRules: readonly AccessRule[] | undefined;
  /** The types of the services in the token's catalogue. */
  readonly serviceTypes: readonly string[];
}

/** The error when Keystone's description of a token does not have the format of Keystone v3. */
export class MalformedToken extends Error {}

/** The maximum number of roles of a token. The number must be limited, because each policy check searches all roles. */
const MAX_ROLES = 1_000;

/**
 * Reads Keystone v3's description of a token from the body of a response.
 *
 * @throws MalformedToken if the body has another format. A part that is missing never gives the caller more permissions
 */
export function readToken(body: unknown): ValidToken {
  const token = record(record(body, 'body')['token'], 'token');
  const user = record(token['user'], 'user');
  const project = token['project'] === undefined ? undefined : record(token['project'], 'project');
  const domain = token['domain'] === undefined ? undefined : record(token['domain'], 'domain');
  const system = token['system'] === undefined ? undefined : record(token['system'], 'system');
  const expiresAt = Date.parse(text(token['expires_at'], 'expires_at'));
  if (Number.isNaN(expiresAt)) throw new MalformedToken('expires_at is not a time');
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
  if (roles.length > MAX_ROLES) throw new MalformedToken(`roles has more than ${MAX_ROLES} entries`);
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
  throw new MalformedToken(`${name} is not an object`);
}

function list(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new MalformedToken(`${name} is not a list`);
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new MalformedToken(`${name} is not a non-empty string`);
}
