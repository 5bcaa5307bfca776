import { ADMIN, deprecatedResourceRule, PROJECT_READER_OR_ADMIN } from '../nova/policy/base-rules.js';
import { policiesOf } from '../nova/policy/policy.js';

const policy = policiesOf('os_compute_api:os-instance-actions');
const LIST = 'GET /servers/{server_id}/os-instance-actions';
const SHOW = 'GET /servers/{server_id}/os-instance-actions/{request_id}';
const replaced = deprecatedResourceRule('os_compute_api:os-instance-actions', 'rule:admin_or_owner');

export const policies = {
  list: policy('list', PROJECT_READER_OR_ADMIN, LIST, 'List the actions on a server.', replaced),
  show: policy('show', PROJECT_READER_OR_ADMIN, SHOW, 'Show one action on a server.', replaced),
  events: policy(
    'events',
    ADMIN,
    SHOW,
    'See the internal view of an action: the tracebacks of its events, their host names from microversion 2.62, ' +
      'and the events themselves before 2.51. Checked only for callers who may show the action.',
  ),
  eventDetails: policy(
    'events:details',
    ADMIN,
    SHOW,
    'See the details of a failed event, from microversion 2.84. They may reveal facts about the deployment. ' +
      'Checked only for callers who may show the action.',
  ),
};
