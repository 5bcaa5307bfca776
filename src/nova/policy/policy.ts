/** A policy of the service, as data with prose: what may be done, by whom unless an operator says otherwise. */
export interface Policy {
  readonly name: string;
  /** The rule in oslo.policy's language. */
  readonly rule: string;
  readonly description: string;
  readonly operations: readonly { readonly method: string; readonly path: string }[];
  /** The kinds of token that may use it at all. */
  readonly scopes: readonly Scope[];
}

export type Scope = 'project' | 'domain' | 'system';

/** The rules that policies are built from, by the names that operators of Nova know. */
export const BASE_RULES = {
  context_is_admin: 'role:admin',
  admin_or_owner: 'is_admin:True or project_id:%(project_id)s',
  admin_api: 'is_admin:True',
  project_manager_api: 'role:manager and project_id:%(project_id)s',
  project_member_api: 'role:member and project_id:%(project_id)s',
  project_reader_api: 'role:reader and project_id:%(project_id)s',
  service_api: 'role:service',
  project_manager_or_admin: 'rule:project_manager_api or rule:context_is_admin',
  project_member_or_admin: 'rule:project_member_api or rule:context_is_admin',
  project_reader_or_admin: 'rule:project_reader_api or rule:context_is_admin',
  service_or_admin: 'rule:service_api or rule:context_is_admin',
} as const;

export const ADMIN = 'rule:context_is_admin';
export const PROJECT_READER_OR_ADMIN = 'rule:project_reader_or_admin';
