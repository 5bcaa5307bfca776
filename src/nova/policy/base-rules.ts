import type { DeprecatedRule, Deprecation, RuleDefault } from './policy.js';

const SINCE_ROLES: Deprecation = {
  since: '21.0.0',
  reason: 'The roles reader, member, manager and admin replaced "administrator or owner".',
};

// The prefix `rule:` is a part of these deprecated names, as in Nova. A policy file must contain the names with the
// prefix.
const ADMIN_API: DeprecatedRule = { ...SINCE_ROLES, name: 'rule:admin_api', rule: 'is_admin:True' };
const ADMIN_OR_OWNER: DeprecatedRule = {
  ...SINCE_ROLES,
  name: 'rule:admin_or_owner',
  rule: 'is_admin:True or project_id:%(project_id)s',
};

/** The rules that policies refer to, under the names that Nova uses. */
export const BASE_RULES: readonly RuleDefault[] = [
  {
    name: 'context_is_admin',
    rule: 'role:admin',
    description:
      'Defines administrators. They see the servers of all projects, and "is_admin:True" allows them in other rules.',
    deprecated: ADMIN_API,
  },
  {
    name: 'admin_or_owner',
    rule: 'is_admin:True or project_id:%(project_id)s',
    description: 'An administrator, or a user with any role in the project.',
    deprecatedForRemoval: SINCE_ROLES,
  },
  {
    name: 'admin_api',
    rule: 'is_admin:True',
    description: 'An administrator.',
    deprecatedForRemoval: SINCE_ROLES,
  },
  {
    name: 'project_manager_api',
    rule: 'role:manager and project_id:%(project_id)s',
    description: 'A manager of the project.',
    deprecated: ADMIN_API,
  },
  {
    name: 'project_member_api',
    rule: 'role:member and project_id:%(project_id)s',
    description: 'A member of the project, who may change its resources.',
    deprecated: ADMIN_OR_OWNER,
  },
  {
    name: 'project_reader_api',
    rule: 'role:reader and project_id:%(project_id)s',
    description: 'A reader of the project, who may read its resources.',
    deprecated: ADMIN_OR_OWNER,
  },
  {
    name: 'service_api',
    rule: 'role:service',
    description: 'Another service of the cloud.',
    deprecated: ADMIN_API,
  },
  {
    name: 'project_manager_or_admin',
    rule: 'rule:project_manager_api or rule:context_is_admin',
    description: 'A manager of the project, or an administrator.',
    deprecated: ADMIN_API,
  },
  {
    name: 'project_member_or_admin',
    rule: 'rule:project_member_api or rule:context_is_admin',
    description: 'A member of the project, or an administrator.',
    deprecated: ADMIN_OR_OWNER,
  },
  {
    name: 'project_reader_or_admin',
    rule: 'rule:project_reader_api or rule:context_is_admin',
    description: 'A reader of the project, or an administrator.',
    deprecated: ADMIN_OR_OWNER,
  },
  {
    name: 'service_or_admin',
    rule: 'rule:service_api or rule:context_is_admin',
    description: 'Another service of the cloud, or an administrator.',
    deprecated: ADMIN_API,
  },
];

/**
 * Returns the old rule of a resource, which covered all of its routes. Nova 21 replaced it by one rule for each route.
 */
export function deprecatedResourceRule(name: string, rule: string): DeprecatedRule {
  return { ...SINCE_ROLES, name, rule };
}

/** The default rules that most policies of modules use. */
export const ADMIN = 'rule:context_is_admin';
export const PROJECT_MANAGER_OR_ADMIN = 'rule:project_manager_or_admin';
export const PROJECT_MEMBER_OR_ADMIN = 'rule:project_member_or_admin';
export const PROJECT_READER_OR_ADMIN = 'rule:project_reader_or_admin';
export const SERVICE = 'role:service';
/** The role of a user who may read the actions of all projects, but not the internal view. */
export const AUDITOR = 'role:auditor';
export const AUDITOR_OR_ADMIN = `${ADMIN} or ${AUDITOR}`;
