import type { EntityManager } from 'typeorm';

const SERVER = '86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff';
const REQUEST = 'req-920c6627-c8c9-4d02-9d3d-81917e5586df';
const HOST = 'c-10-13-129-72';
const OWNER = { user_id: '35746', project_id: '453265' };

/** Puts the example of the API documentation into an empty store: one server, its creation and two events. */
export async function insertExample(manager: EntityManager): Promise<void> {
  const created = new Date('2013-07-12T21:35:37Z');
  await manager.insert('instances', {
    uuid: SERVER,
    ...OWNER,
    host: HOST,
    display_name: 'example',
    created_at: created,
  });
  const inserted = await manager.insert('instance_actions', {
    action: 'create',
    instance_uuid: SERVER,
    request_id: REQUEST,
    ...OWNER,
    start_time: created,
    created_at: created,
    updated_at: new Date('2013-07-12T21:45:44Z'),
  });
  const { id: action_id } = inserted.identifiers[0] as { id: number };
  await manager.insert('instance_actions_events', [
    event(action_id, 'schedule', null, '2013-07-12T21:35:38Z', '2013-07-12T21:35:42Z'),
    event(action_id, 'compute_run_instance', HOST, '2013-07-12T21:35:42Z', '2013-07-12T21:45:44Z'),
  ]);
}

function event(action_id: number, name: string, host: string | null, start: string, finish: string): object {
  return {
    action_id,
    event: name,
    host,
    result: 'Success',
    start_time: new Date(start),
    finish_time: new Date(finish),
    created_at: new Date(start),
    updated_at: new Date(finish),
  };
}
