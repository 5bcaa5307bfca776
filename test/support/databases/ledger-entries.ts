import { type NewEntry, Place } from '../../../src/ledger/record/entry.js';
import type { NovaAction } from '../../../src/ledger/record/nova-rows.js';

const UUID = '5e7e5e7e-0000-4000-8000-00000000000';
const NOW = '2026-03-01 10:00:00';
const ROW = { created_at: NOW, updated_at: NOW, deleted_at: null, deleted: 0 };
const KEY = { cell: 1, epoch: 0, projectId: 'a-project', previous: null };

/** Returns an entry about an action of cell 1 with one event. @param server a number below 10 */
export function actionEntry(id: number, server: number, changes: Partial<NovaAction> = {}): NewEntry {
  const times = { start_time: NOW, finish_time: null };
  const action = {
    ...{ id, instance_uuid: UUID + String(server), request_id: `req-${id}`, action: 'reboot', message: null },
    ...{ user_id: 'a-user', project_id: 'a-project', ...ROW, ...times, ...changes },
  };
  const event = {
    ...{
      id: id * 2,
      action_id: id,
      event: 'reboot',
      host: 'a-host',
      result: 'Success',
      traceback: null,
      details: null,
    },
    ...{ ...ROW, ...times, finish_time: NOW },
  };
  const body = { action, events: [event], place: Place.main };
  return { kind: 'action', ...KEY, novaId: id, serverUuid: action.instance_uuid, body };
}

/** Returns an entry about a server of cell 1. @param id a number below 10 */
export function serverEntry(id: number): NewEntry {
  const uuid = UUID + String(id);
  const server = {
    ...{ id, uuid, project_id: 'a-project', user_id: 'a-user', display_name: `server ${id}`, host: 'a-host' },
    ...{ node: 'a-node', availability_zone: null, instance_type_id: 1, flavor: null, vm_state: 'active' },
    ...{ task_state: null, power_state: 1, hidden: 0, locked: 0, locked_by: null, ...ROW },
    ...{ launched_at: NOW, terminated_at: null },
  };
  return { kind: 'server', ...KEY, novaId: id, serverUuid: uuid, body: { server, place: Place.main } };
}
