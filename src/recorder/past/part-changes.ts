import type { EntityManager } from 'typeorm';
import { type CopiedEvent, writeEvents } from '../../ledger/copy/copied-rows.js';
import { copyId, fitsCopyId } from '../../ledger/copy/copy-id.js';
import { type NewEntry, Place } from '../../ledger/record/entry.js';
import type { NovaEvent } from '../../ledger/record/nova-rows.js';
import { type CellContext, queryStore } from '../cell-context.js';
import { changesOf, type NovaRows } from '../changes/changes.js';
import { copiedEvents } from '../../ledger/copy/copied-values.js';
import { aboutCell } from '../changes/entries.js';
import type { Stage } from './ranges.js';
import type { Part } from './read-part.js';
import { type Changes, isSame, shadowChanges } from './shadow-changes.js';

/**
 * Compares the rows of a part with the copy. Call it inside of `cell.exclusive`.
 *
 * @param kind see `changesOf`
 */
export async function changesOfPart(
  cell: CellContext,
  stage: Stage,
  part: Part & Pick<NovaRows, 'head' | 'projects' | 'found'>,
  kind: 'action' | 'corrected',
): Promise<Changes> {
  const changes = stage.startsWith('shadow ')
    ? await shadowChanges(cell, stage, part, kind)
    : { entries: await changesOf(cell, { ...part, place: Place.main }, kind) };
  const others = await changesWithoutAction(cell, part.withoutAction ?? []);
  if (others === undefined) return changes;
  return {
    entries: [...changes.entries, ...others.entries],
    also: async (manager) => {
      await changes.also?.(manager);
      await others.also(manager);
    },
  };
}

/**
 * Reports events that belong to no action, and writes them into the copy, so that they are reported only once. If the
 * action appears in Nova later, it has these events.
 */
async function changesWithoutAction(
  cell: CellContext,
  events: readonly NovaEvent[],
): Promise<{ entries: NewEntry[]; also(manager: EntityManager): Promise<void> } | undefined> {
  if (events.length === 0) return undefined;
  const { epoch } = cell;
  const { number } = cell.cell;
  const rows = events.map((event): CopiedEvent => {
    const action = { cell: number, epoch, id: event.action_id ?? -1 };
    return {
      ...{ id: copyId({ cell: number, epoch, id: event.id }), event, position: 0 },
      actionId: fitsCopyId(action) ? copyId(action) : null,
    };
  });
  const copyIds = rows.map(({ id }) => id);
  const copied = await queryStore(cell, (store) => copiedEvents(store, 'id', copyIds));
  const known = new Map(copied.map((one) => [one.copyId, { ...one.event, action_id: one.actionCopyId }]));
  const changed = rows.filter(
    ({ id, actionId, event }) => !isSame({ ...event, action_id: actionId }, known.get(id)),
  );
  if (changed.length === 0) return undefined;
  const keys = changed.map(({ event: { id, action_id } }) => ({ id, action_id }));
  const body = {
    table: 'instance_actions_events',
    reason: 'no table of Nova has the action of the event',
    row: { events: keys },
  };
  return {
    entries: [{ ...aboutCell(cell), kind: 'unreadable', body }],
    also: (manager) => writeEvents(manager, changed),
  };
}
