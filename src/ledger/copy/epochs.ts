import type { EntityManager } from 'typeorm';
import type { DatabaseInteger } from '../record/record.js';
import type { Entry } from '../record/entry.js';
import { upsertRows } from '../../database/rows/write-rows.js';

/** The start of an epoch for the events of a cell. */
interface EpochStart {
  readonly cell: number;
  readonly epoch: number;
  /** The lowest id of an event in the epoch. */
  readonly fromEvents: number;
  /** The position of the entry about the epoch. */
  readonly position: number;
}

/** The epochs of all cells, without the first epoch of each cell. */
export type Epochs = readonly EpochStart[];

type EpochEntry = Extract<Entry, { kind: 'epoch' }>;

/** Writes the rows of new epochs. */
export function writeEpochs(manager: EntityManager, entries: readonly EpochEntry[]): Promise<void> {
  const from = ['from_actions', 'from_events', 'from_servers'];
  const columns = ['cell', 'epoch', ...from, 'position', 'opened_at'];
  const rows = entries.map(({ cell, body, position, recordedAt }) => {
    const { actions, events, servers } = body.from;
    return [cell, body.epoch, actions, events, servers, position, recordedAt];
  });
  return upsertRows(manager, 'record_epochs', columns, rows, 'cell, epoch');
}

export async function readEpochs(manager: EntityManager): Promise<Epochs> {
  const select = 'SELECT cell, epoch, from_events, position FROM record_epochs';
  const rows =
    await manager.query<Readonly<Record<'cell' | 'epoch' | 'from_events' | 'position', DatabaseInteger>>[]>(
      select,
    );
  return rows.map(({ cell, epoch, from_events, position }) => ({
    cell: Number(cell),
    epoch: Number(epoch),
    fromEvents: Number(from_events),
    position: Number(position),
  }));
}

/**
 * Returns the epoch of an event in an entry about an action. It may be later than the epoch of the action: an action
 * from before a restore of Nova's database can get events after the restore.
 */
export function epochOf(
  eventId: number,
  entry: Pick<Entry, 'cell' | 'epoch' | 'position'>,
  all: Epochs,
): number {
  const later = all.filter(
    ({ cell, fromEvents, position }) =>
      cell === entry.cell && fromEvents <= eventId && position < entry.position,
  );
  return Math.max(entry.epoch, ...later.map(({ epoch }) => epoch));
}
