import { exampleServers } from '../nova/servers/example.js';

const { uuid, user_id, project_id, host } = exampleServers.documented;

export const EXAMPLE_REQUEST = 'req-920c6627-c8c9-4d02-9d3d-81917e5586df';

/** The example responses of the OpenAPI document: the first action of the example data, at the newest microversion. */
const ACTION = {
  action: 'create',
  instance_uuid: uuid,
  request_id: EXAMPLE_REQUEST,
  user_id,
  project_id,
  start_time: '2013-07-12T21:35:37.000000',
  message: null,
  updated_at: '2013-07-12T21:45:44.000000',
};

const RUN = {
  event: 'compute_run_instance',
  start_time: '2013-07-12T21:35:42.000000',
  finish_time: '2013-07-12T21:45:44.000000',
  result: 'Success',
};
const SCHEDULE = {
  event: 'schedule',
  start_time: '2013-07-12T21:35:38.000000',
  finish_time: '2013-07-12T21:35:42.000000',
  result: 'Success',
};

const HOST_ID = 'b28e69e44c0d50b020efdc742e99738a2c2d1fcddfee32faaa63d777';

export const LIST_EXAMPLE = { instanceActions: [ACTION] };

export const EXTERNAL_EXAMPLE = {
  instanceAction: {
    ...ACTION,
    events: [
      { ...RUN, hostId: HOST_ID },
      { ...SCHEDULE, hostId: '' },
    ],
  },
};

export const INTERNAL_EXAMPLE = {
  instanceAction: {
    ...ACTION,
    events: [
      { ...RUN, traceback: null, host, hostId: HOST_ID, details: null },
      { ...SCHEDULE, traceback: null, host: null, hostId: '', details: null },
    ],
  },
};
