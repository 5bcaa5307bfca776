import type { EntityManager } from 'typeorm';
import { insertRow, updateRow } from '../../../src/database/rows/changes.js';
import { novaEventOf, readActions } from '../../../src/ledger/actions/action-rows.js';
import { project } from '../../../src/ledger/copy/projection.js';
import { type NewEntry, Place } from '../../../src/ledger/record/entry.js';
import { append } from '../../../src/ledger/record/record.js';
import { searchRow } from '../../../src/ledger/search/search-row.js';
import { writeSearchRows } from '../../../src/ledger/search/write-search-rows.js';
import { actionEntry, serverEntry, vanishedEntry } from '../ledger/entries.js';
import type { Random } from '../random.js';
import { type GeneratedLog, HOSTS, NOW, PROJECTS } from './generated-log.js';

/** The statements of a transaction. They may run several times. */
export type Change = (manager: EntityManager) => Promise<void>;

/** Returns a random change of a store that contains a log: by the recorder, by a module, or over HTTP. */
export function randomChange(random: Random, log: GeneratedLog): Change {
  const copied = random.weighted([
    [3, changeOfAction],
    [4, changeOfServer],
    [2, vanishing],
  ]);
  if (random.chance(0.4)) return changeOfOwn(random, log);
  const entries = Array.from({ length: random.int(1, 4) }, () => copied(random, log));
  return async (manager) => {
    await project(manager, await append(manager, entries));
  };
}

function changeOfAction(random: Random, { actions }: GeneratedLog): NewEntry {
  // The second epoch of the cell 2 begins with the id 1, so its older actions cannot have changed since.
  const changeable = actions.filter(({ cell, epoch }) => cell === 1 || epoch === 1);
  const { cell, epoch, action, events } = random.pick(changeable);
  const time = random.orNull(0.3, NOW);
  const changed = {
    ...action,
    ...{ finish_time: time, message: random.orNull(0.5, 'Error'), updated_at: NOW },
  };
  const ended = events.map((event) => ({
    ...event,
    finish_time: time,
    host: random.pick(HOSTS),
    result: 'Error',
  }));
  return actionEntry(changed, ended, { cell, epoch });
}

function changeOfServer(random: Random, { servers }: GeneratedLog): NewEntry {
  const { cell, row } = random.pick(servers.filter((one) => one.cell > 0));
  const changed = {
    ...{ ...row, project_id: random.chance(0.3) ? random.pick(PROJECTS) : row.project_id },
    ...{ vm_state: random.pick(['active', 'error', 'building']), launched_at: random.orNull(0.5, NOW) },
    ...{ deleted: random.chance(0.3) ? row.id : 0, hidden: random.chance(0.2) ? 1 : 0 },
  };
  const place = random.chance(0.2) ? Place.removed : Place.main;
  return { ...serverEntry(changed, { cell, place }), projectId: changed.project_id };
}

function vanishing(random: Random, { servers, actions }: GeneratedLog): NewEntry {
  const { cell, row } = random.pick(servers.filter((one) => one.cell > 0));
  const ofServer = actions.filter((one) => one.cell === cell && one.action.instance_uuid === row.uuid);
  const ids = ofServer.filter(({ epoch }) => epoch === 0).map(({ action }) => action.id);
  const about = { cell, serverUuid: row.uuid };
  return vanishedEntry(random.pick(['archived', 'purged', 'removed']), ids, row.id, about);
}

/** Returns a change of an action of the store itself: over HTTP, with its search row, or by a module, without it. */
function changeOfOwn(random: Random, { actions }: GeneratedLog): Change {
  const { action } = random.pick(actions.filter(({ cell }) => cell === 0));
  const [isNew, isOverHttp] = [random.chance(0.3), random.chance(0.5)];
  const changes = { updated_at: NOW, message: random.orNull(0.5, 'Error') };
  const event = {
    event: 'a_step',
    host: random.pick(HOSTS),
    result: 'Success',
    start_time: NOW,
    finish_time: NOW,
  };
  const columns = {
    instance_uuid: action.instance_uuid,
    request_id: action.request_id,
    action: action.action,
  };
  return async (manager) => {
    const id = isNew ? await insertRow(manager, 'instance_actions', { ...columns, deleted: 0 }) : action.id;
    await updateRow(manager, 'instance_actions', id, changes);
    await insertRow(manager, 'instance_actions_events', { action_id: id, ...event, deleted: 0 });
    const full = (await readActions(manager, [id], { events: true })).get(id);
    if (full === undefined) throw new Error(`the store has no action ${id}`);
    const entry = actionEntry(full.action, full.events.map(novaEventOf), { cell: 0, epoch: 0 });
    const [{ position } = { position: 0 }] = await append(manager, [entry]);
    if (isOverHttp) await writeSearchRows(manager, [searchRow(id, full, position)]);
  };
}
