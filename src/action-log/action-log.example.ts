import { exampleServers } from '../nova/servers/example.js';

const { documented } = exampleServers;

const ACTION = {
  id: 4503599627370497,
  server_id: documented.uuid,
  project_id: documented.project_id,
  user_id: documented.user_id,
  requester_project_id: documented.project_id,
  request_id: 'req-25517360-b757-47d3-be45-0e8d2a01b36a',
  action: 'reboot',
  status: 'error',
  message: 'Error',
  created_at: '2026-11-27T04:16:20.000000Z',
  started_at: '2026-11-27T04:16:19.000000Z',
  finished_at: '2026-11-27T04:16:22.000000Z',
  updated_at: '2026-11-27T04:16:22.000000Z',
};

const EVENT_NAME = { id: 2251799813685249, event: 'compute_reboot_instance' };

const EVENT_RESULT = {
  start_time: '2026-11-27T04:16:20.000000Z',
  finish_time: '2026-11-27T04:16:22.000000Z',
  result: 'Error',
};

const EVENT = { ...EVENT_NAME, ...EVENT_RESULT };

const INTERNAL_ACTION = { ...ACTION, cell: 'cell1', external_id: null, epoch: 0, nova_id: 91_204 };

const INTERNAL_EVENT = {
  ...EVENT_NAME,
  host: documented.host,
  ...EVENT_RESULT,
  traceback: 'Traceback (most recent call last):\n',
  details: 'The server could not be rebooted.',
};

const SERVER = {
  id: documented.uuid,
  name: documented.display_name,
  project_id: documented.project_id,
  user_id: documented.user_id,
  availability_zone: 'nova',
  created_at: '2013-07-12T21:35:37.000000Z',
  launched_at: '2013-07-12T21:45:44.000000Z',
  deleted_at: null,
};

const TIME = '2026-11-27T04:16:30.000000Z';

/** The examples of the OpenAPI document: one action as a tenant and as an operator sees it. */
export const SHOWN = {
  external: { ...ACTION, events: [EVENT], server: SERVER },
  internal: { ...INTERNAL_ACTION, events: [INTERNAL_EVENT], server: SERVER },
};

/** The examples of the OpenAPI document: one action as the service that records it sees it. */
export const RECORDED = {
  external: { ...ACTION, events: [EVENT] },
  internal: { ...INTERNAL_ACTION, events: [INTERNAL_EVENT] },
};

/** The examples of the OpenAPI document: a page as a tenant and as an operator sees it. */
export const LISTED = {
  external: { actions: [ACTION], stable_until: { time: TIME } },
  internal: { actions: [INTERNAL_ACTION], stable_until: { time: TIME, position: 184_467 } },
};

const ENTRY = {
  recorded_at: '2026-11-27T04:16:22.123456Z',
  kind: 'action',
  message: 'Error',
  started_at: ACTION.started_at,
  finished_at: ACTION.finished_at,
  updated_at: ACTION.updated_at,
};

/** The examples of the OpenAPI document: the history of an action as a tenant and as an operator sees it. */
export const HISTORY = {
  external: { entries: [{ ...ENTRY, events: [EVENT] }] },
  internal: {
    entries: [{ position: 184_467, ...ENTRY, place: 'main', reason: null, events: [INTERNAL_EVENT] }],
  },
};
