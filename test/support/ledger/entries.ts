import type { ActionBody, NewEntry } from '../../../src/ledger/record/entry.js';
import { Place } from '../../../src/ledger/record/entry.js';
import type { NovaAction, NovaEvent, NovaServer } from '../../../src/ledger/record/nova-rows.js';

const CREATED = '2026-03-01 10:00:00';

const TIMES = { created_at: CREATED, updated_at: null, deleted_at: null, deleted: 0 };

/** The server of all rows that do not name another one. */
export const SERVER = '0b9d4a2e-6f1c-4e2b-9f57-2d9a3c1e8f60';

/** The cell and the epoch of entries that do not name other ones. */
export const CELL = { cell: 1, epoch: 0 };

export function novaAction(id: number, columns: Partial<NovaAction> = {}): NovaAction {
  const who = { user_id: 'user', project_id: 'caller' };
  const what = { instance_uuid: SERVER, request_id: `req-${id}`, action: 'reboot', message: null };
  return { id, ...who, ...what, start_time: CREATED, finish_time: null, ...TIMES, ...columns };
}

export function novaEvent(id: number, action_id: number, columns: Partial<NovaEvent> = {}): NovaEvent {
  const what = {
    event: 'compute_reboot_instance',
    host: 'host',
    result: null,
    traceback: null,
    details: null,
  };
  return { id, action_id, ...what, start_time: CREATED, finish_time: null, ...TIMES, ...columns };
}

export function novaServer(id: number, columns: Partial<NovaServer> = {}): NovaServer {
  const who = { uuid: SERVER, project_id: 'owner', user_id: 'user', display_name: 'web' };
  const where = { host: 'host', node: 'node', availability_zone: 'nova' };
  const flavor = { instance_type_id: 1, flavor: '{"name":"small"}' };
  const states = {
    vm_state: 'active',
    task_state: null,
    power_state: 1,
    hidden: 0,
    locked: 0,
    locked_by: null,
  };
  const times = { launched_at: CREATED, terminated_at: null, ...TIMES };
  return { id, ...who, ...where, ...flavor, ...states, ...times, ...columns };
}

type About = Partial<Pick<NewEntry, 'cell' | 'epoch' | 'serverUuid' | 'previous'>>;

/** Returns an entry about an action. By default, the action has two events: their ids follow from the action's id. */
export function actionEntry(
  action: NovaAction,
  events: readonly NovaEvent[] = [
    novaEvent(2 * action.id, action.id),
    novaEvent(2 * action.id + 1, action.id),
  ],
  about: About & Partial<Pick<ActionBody, 'place'>> = {},
): NewEntry {
  const { place = Place.main, ...rest } = about;
  const head = { ...headOf(action.id), serverUuid: action.instance_uuid, ...rest };
  return { kind: 'action', ...head, body: { action, events, place } };
}

export function serverEntry(server: NovaServer, about: About & { readonly place?: Place } = {}): NewEntry {
  const { place = Place.main, ...rest } = about;
  return { kind: 'server', ...headOf(server.id), serverUuid: server.uuid, ...rest, body: { server, place } };
}

export function vanishedEntry(
  kind: 'archived' | 'purged' | 'removed',
  actions: readonly number[],
  server: number | null = null,
  about: About = {},
): NewEntry {
  return { kind, ...headOf(null), ...about, body: { actions, server } };
}

function headOf(novaId: number | null) {
  return { ...CELL, novaId, serverUuid: SERVER, projectId: 'owner', previous: null };
}
