import { ADMIN, PROJECT_MEMBER_OR_ADMIN, PROJECT_READER_OR_ADMIN } from '../nova/policy/base-rules.js';
import { policiesOf } from '../nova/policy/policy.js';

const policy = policiesOf('os_compute_api:os-server-groups');
const LIST = 'GET /os-server-groups';
const GROUP = '/os-server-groups/{server_group_id}';

export const policies = {
  list: policy('index', PROJECT_READER_OR_ADMIN, LIST, 'List the server groups of a project.'),
  allProjects: policy('index:all_projects', ADMIN, LIST, 'List the server groups of all projects.'),
  create: policy('create', PROJECT_MEMBER_OR_ADMIN, 'POST /os-server-groups', 'Create a server group.'),
  show: policy('show', PROJECT_READER_OR_ADMIN, `GET ${GROUP}`, 'Show a server group.'),
  delete: policy('delete', PROJECT_MEMBER_OR_ADMIN, `DELETE ${GROUP}`, 'Delete a server group.'),
};
