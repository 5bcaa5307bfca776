import { ADMIN } from '../nova/policy/base-rules.js';
import { policiesOf } from '../nova/policy/policy.js';

const policy = policiesOf('action_log:recorder');

export const policies = {
  show: policy(
    'show',
    ADMIN,
    'GET /action-log/v1/recorder',
    'Show the state of the record and of the recorder.',
  ),
};
