import type { EntityManager } from 'typeorm';
import { Place } from '../ledger/record/entry.js';
import { append } from '../ledger/record/record.js';
import type { NovaAction, NovaEvent } from '../ledger/record/nova-rows.js';
import type { Server } from '../nova/servers/server.js';

/** The rows of an action that is being recorded. */
export interface RecordedRows {
  readonly action: NovaAction;
  readonly events: readonly NovaEvent[];
  /** The position of the newest entry about the action. */
  readonly position: number;
}

/** The store's own actions have no cell and only one epoch. */
const OWN_STORE = { cell: 0, epoch: 0 } as const;

/**
 * Appends an entry about an action of the own store to the record.
 *
 * @param previous the position of the previous entry about the action; null if this is the first one
 * @returns the rows with the position of the new entry
 */
export async function appendRecorded(
  manager: EntityManager,
  { uuid: serverUuid, projectId }: Server,
  { action, events }: Omit<RecordedRows, 'position'>,
  previous: number | null,
): Promise<RecordedRows> {
  const body = { action, events, place: Place.main };
  const entry = {
    kind: 'action',
    ...OWN_STORE,
    novaId: action.id,
    serverUuid,
    projectId,
    previous,
    body,
  } as const;
  const [{ position } = { position: 0 }] = await append(manager, [entry]);
  return { action, events, position };
}

/** Returns the position of the newest entry about an action of the own store. @param from an earlier position */
export async function newestPosition(manager: EntityManager, id: number, from: number): Promise<number> {
  const [row] = await manager.query<{ position: number | string }[]>(
    `SELECT MAX(position) AS position FROM entries
    WHERE position >= ? AND cell = ${OWN_STORE.cell} AND kind = 'action' AND nova_id = ?`,
    [from, id],
  );
  return Number(row?.position);
}
