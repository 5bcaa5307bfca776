import { ADMIN, PROJECT_MEMBER_OR_ADMIN } from '../nova/policy/base-rules.js';
import { policiesOf } from '../nova/policy/policy.js';

const policy = policiesOf('os_compute_api:os-lock-server');
const LOCK = 'POST /servers/{server_id}/action (lock)';
const UNLOCK = 'POST /servers/{server_id}/action (unlock)';

export const policies = {
  lock: policy('lock', PROJECT_MEMBER_OR_ADMIN, LOCK, 'Lock a server.'),
  unlock: policy('unlock', PROJECT_MEMBER_OR_ADMIN, UNLOCK, 'Unlock a server.'),
  unlockOverride: policy(
    'unlock:unlock_override',
    ADMIN,
    UNLOCK,
    'Unlock a server that a user outside its project has locked. Users outside its project also need this policy to ' +
      'unlock a server that its project has locked. The service also checks os_compute_api:os-lock-server:unlock.',
  ),
};
