import { type DatabaseInteger, head } from '../record/record.js';
import { inChunks } from '../../database/rows/write-rows.js';
import { isTooOld, type Times } from './age.js';
import type { Deletion, OldRow } from './deletion.js';
import { pagesOf, type Part } from './pages.js';

type EventTimes = Times & { readonly action_id: DatabaseInteger };

const COLUMNS = 'id, position, created_at, updated_at, start_time, finish_time';

/** Deletes the old actions of an epoch, by ascending id, up to the first page that has only young ones. */
export async function deleteOldActions(deletion: Deletion, part: Part): Promise<void> {
  const { source, horizon } = deletion;
  let readAt = (await head(source)).position;
  for await (const page of pagesOf<OldRow & Times>(source, 'copied_instance_actions', COLUMNS, part)) {
    const ofEvents = await newestTimesOfEvents(
      deletion,
      page.map(({ id }) => Number(id)),
    );
    const old = page.filter((row) => isTooOld([row, ofEvents.get(Number(row.id)) ?? row], horizon));
    if (old.length === 0) return;
    await deletion.actions(part, old, readAt);
    readAt = (await head(source)).position;
  }
}

/** Returns the newest times of the events of each action. */
async function newestTimesOfEvents(
  { source }: Deletion,
  actionIds: readonly number[],
): Promise<ReadonlyMap<number, Times>> {
  const rows = await inChunks(actionIds, (ids, marks) =>
    source.query<EventTimes[]>(
      `SELECT action_id, MAX(created_at) AS created_at, MAX(updated_at) AS updated_at,
         MAX(start_time) AS start_time, MAX(finish_time) AS finish_time
       FROM copied_instance_actions_events WHERE action_id IN (${marks}) GROUP BY action_id`,
      ids,
    ),
  );
  return new Map(rows.map((row) => [Number(row.action_id), row]));
}
