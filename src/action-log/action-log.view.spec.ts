import { expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { FullAction } from '../ledger/actions/full-action.js';
import type { Access } from '../nova/policy/access.js';
import { listedResponse, shownResponse } from './action-log.schema.js';
import { type ActionPage, listedView, type LoggedAction, shownView } from './action-log.view.js';

const NONE = { updated_at: null, deleted_at: null, deleted: 0 };

const FULL: FullAction = {
  ...{ copyId: 8_796_093_022_215, cell: 1, epoch: 0, position: null },
  action: {
    ...{
      id: 7,
      instance_uuid: '86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff',
      request_id: 'req-1',
      action: 'reboot',
    },
    ...{ user_id: 'u', project_id: 'requester', message: 'Error', start_time: '2026-11-27 10:00:00' },
    ...{ finish_time: null, created_at: '2026-11-27 10:00:00', ...NONE },
  },
  events: [
    {
      ...{ copyId: 9, id: 9, action_id: 7, event: 'e', host: 'secret-host', result: 'Error' },
      ...{ traceback: 'secret-traceback', details: 'secret-details', start_time: '2026-11-27 10:00:00' },
      ...{ finish_time: '2026-11-27 10:00:01', created_at: '2026-11-27 10:00:00', ...NONE },
    },
  ],
  server: {
    ...{ uuid: '86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff', project_id: 'owner', user_id: 'u', display_name: 'n' },
    ...{ availability_zone: 'nova', vm_state: 'active', launched_at: null, created_at: null },
    ...{ terminated_at: null, deleted_at: null, deleted: 0 },
  },
};

const LOGGED: LoggedAction = {
  ...{ id: 5, status: 'error', cellName: 'secret-cell', full: FULL, eventIds: [6] },
  ...{ createdAt: '2026-11-27 10:00:00.000000', startedAt: '2026-11-27 10:00:00.000000' },
  ...{ finishedAt: null, updatedAt: '2026-11-27 10:00:01.000000' },
};

const PAGE: ActionPage = {
  actions: [LOGGED, { ...LOGGED, eventIds: undefined }],
  ...{ next: 'cursor', previous: undefined, scannedTo: '2026-11-27 09:00:00' },
  stableUntil: { time: null, position: 3 },
};

const ajv = new Ajv2020({ validateFormats: false, allowUnionTypes: true });
ajv.addVocabulary(['example', 'x-openstack']);

function rendered(view: Access['view'], seesHosts: boolean): readonly [action: object, page: object] {
  const fields = { host: seesHosts, cell: seesHosts };
  const nextPage = (): never => {
    throw new Error('the pages have cursors');
  };
  const pageAddress = (cursor: string): string => `https://log.example.org/?cursor=${cursor}`;
  const scope = { access: { view, fields }, nextPage, pageAddress };
  const asSent = (value: object): object => JSON.parse(JSON.stringify(value)) as object;
  return [asSent(shownView[view](LOGGED, scope)), asSent(listedView[view](PAGE, scope))];
}

it.each([
  ['external', false, []],
  ['external', true, ['secret-host', 'secret-cell']],
  ['internal', true, ['secret-host', 'secret-cell', 'secret-traceback', 'secret-details']],
] as const)('the %s view of an action (hosts: %s) shows %j, as documented', (view, seesHosts, secrets) => {
  const all = ['secret-host', 'secret-cell', 'secret-traceback', 'secret-details'];
  const [action, page] = rendered(view, seesHosts);
  for (const text of [action, page].map((one) => JSON.stringify(one)))
    expect(all.filter((secret) => text.includes(secret))).toEqual(secrets);
  expect([ajv.validate(shownResponse[view], action), ajv.errors]).toEqual([true, null]);
  expect([ajv.validate(listedResponse[view], page), ajv.errors]).toEqual([true, null]);
});

it('an action has the project that owns the server and the project of the user, and times with a zone', () => {
  const [action, page] = rendered('external', false);
  expect(action).toMatchObject({
    ...{ id: 5, project_id: 'owner', requester_project_id: 'requester', finished_at: null },
    ...{ created_at: '2026-11-27T10:00:00.000000Z', events: [{ id: 6 }], server: { project_id: 'owner' } },
  });
  expect(page).toMatchObject({
    scanned_to: '2026-11-27T09:00:00.000000Z',
    stable_until: { time: null, position: 3 },
  });
  expect(Object.keys(page)).not.toContain('previous');
});

it('the examples of the responses are as documented', () => {
  for (const { example, ...schema } of [...Object.values(shownResponse), ...Object.values(listedResponse)])
    expect([ajv.validate(schema, example), ajv.errors]).toEqual([true, null]);
});
