import { type DatabaseInteger, head } from '../record/record.js';
import { inChunks } from '../../database/rows/write-rows.js';
import { isTooOld, type Times } from './age.js';
import { type Deletion, type OldRow, OWN } from './deletion.js';
import { pagesOf, type Part } from './pages.js';

type EventTimes = Times & { readonly action_id: DatabaseInteger };

const TIMES = 'created_at, updated_at, start_time, finish_time';

/** The columns of an action of the store itself. Only its search row has the position of its newest entry. */
const OWN_COLUMNS = `id, (SELECT position FROM search_actions search WHERE search.id = instance_actions.id) AS position, ${TIMES}`;

/** Deletes the old actions of an epoch, by ascending id, up to the first page that has only young ones. */
export async function deleteOldActions(deletion: Deletion, part: Part): Promise<void> {
  const { source } = deletion;
  let readAt = (await head(source)).position;
  const columns = `id, position, ${TIMES}`;
  for await (const page of pagesOf<OldRow & Times>(source, 'copied_instance_actions', columns, part)) {
    const old = await oldOnes(deletion, 'copied_instance_actions_events', page);
    if (old.length === 0) return;
    await deletion.actions(part, old, readAt);
    readAt = (await head(source)).position;
  }
}

/** Deletes the old actions of the store itself. Reads all of them, because an import may add old actions at any time. */
export async function deleteOldOwnActions(deletion: Deletion): Promise<void> {
  for await (const page of pagesOf<OldRow & Times>(deletion.source, 'instance_actions', OWN_COLUMNS, OWN))
    await deletion.ownActions(await oldOnes(deletion, 'instance_actions_events', page));
}

async function oldOnes(
  deletion: Deletion,
  eventTable: string,
  page: readonly (OldRow & Times)[],
): Promise<OldRow[]> {
  const ids = page.map(({ id }) => Number(id));
  const ofEvents = await newestTimesOfEvents(deletion, eventTable, ids);
  return page.filter((row) => isTooOld([row, ofEvents.get(Number(row.id)) ?? row], deletion.horizon));
}

/** Returns the newest times of the events of each action. */
async function newestTimesOfEvents(
  { source }: Deletion,
  table: string,
  actionIds: readonly number[],
): Promise<ReadonlyMap<number, Times>> {
  const rows = await inChunks(actionIds, (ids, marks) =>
    source.query<EventTimes[]>(
      `SELECT action_id, MAX(created_at) AS created_at, MAX(updated_at) AS updated_at,
         MAX(start_time) AS start_time, MAX(finish_time) AS finish_time
       FROM ${table} WHERE action_id IN (${marks}) GROUP BY action_id`,
      ids,
    ),
  );
  return new Map(rows.map((row) => [Number(row.action_id), row]));
}
