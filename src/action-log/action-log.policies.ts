import {
  ADMIN,
  AUDITOR,
  AUDITOR_OR_ADMIN,
  PROJECT_READER_OR_ADMIN,
  SERVICE,
} from '../nova/policy/base-rules.js';
import type { Policy } from '../nova/policy/policy.js';

const ACTIONS = '/action-log/v1/actions';

const READS: Policy['operations'] = [
  { method: 'GET', path: ACTIONS },
  { method: 'GET', path: `${ACTIONS}/{id}` },
  { method: 'GET', path: `${ACTIONS}/{id}/entries` },
];

const WRITES: Policy['operations'] = [
  { method: 'POST', path: ACTIONS },
  { method: 'PATCH', path: `${ACTIONS}/{id}` },
  { method: 'POST', path: `${ACTIONS}/{id}/events` },
  { method: 'PATCH', path: `${ACTIONS}/{id}/events/{event_id}` },
  { method: 'POST', path: `${ACTIONS}:import` },
  { method: 'GET', path: `${ACTIONS}:import` },
];

export const policies = {
  list: policy(
    'actions:list',
    `${PROJECT_READER_OR_ADMIN} or ${AUDITOR}`,
    READS,
    'List and show the actions on the servers of the own project, with their history.',
  ),
  allProjects: policy(
    'all_projects',
    AUDITOR_OR_ADMIN,
    READS,
    'List and show the actions on the servers of all projects.',
  ),
  hosts: policy('hosts', AUDITOR_OR_ADMIN, READS, 'See the cells and hosts of actions, and filter by them.'),
  internal: policy(
    'internal',
    ADMIN,
    READS,
    "See the tracebacks and the details of events, and Nova's ids of actions.",
  ),
  record: policy('record', SERVICE, WRITES, 'Record and import the actions of a service.'),
};

function policy(name: string, rule: string, operations: Policy['operations'], description: string): Policy {
  return { name: `action_log:${name}`, rule, description, operations, scopes: ['project'] };
}
