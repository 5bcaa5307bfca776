import { isTooOld, type Times } from './age.js';
import type { DatabaseInteger } from '../record/record.js';
import type { Deletion } from './deletion.js';
import { pagesOf, type Part } from './pages.js';

type EventRow = Times & Readonly<Record<'id' | 'touched', DatabaseInteger>>;

const COLUMNS = 'id, touched, created_at, updated_at, start_time, finish_time';

/**
 * Deletes the old events whose actions the recorder has not copied (`touched` is 0): it copies archived events before their
 * actions, and skips actions that are too old. Stops at the first page that has only young events.
 */
export async function deleteOldStagedEvents(deletion: Deletion, part: Part): Promise<void> {
  const { source, horizon } = deletion;
  for await (const page of pagesOf<EventRow>(source, 'copied_instance_actions_events', COLUMNS, part)) {
    const old = page.filter((row) => isTooOld([row], horizon));
    if (old.length === 0) return;
    await deletion.stagedEvents(
      old.filter(({ touched }) => Number(touched) === 0).map(({ id }) => Number(id)),
    );
  }
}
