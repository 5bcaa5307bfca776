import { groupBy } from '../../common/group-by.js';
import {
  aboutSeveral,
  type CellBody,
  type EntryKind,
  type NewEntry,
  type VanishedBody,
} from '../../ledger/record/entry.js';
import type { CellContext } from '../cell-context.js';

/** A row that Nova has moved or deleted. */
export interface VanishedRow {
  readonly table: 'actions' | 'servers';
  readonly id: number;
  readonly epoch: number;
  readonly serverUuid: string | null;
}

/** Returns an entry about the whole cell. */
export function cellEntry(
  cell: CellContext,
  state: CellBody['state'],
  body: Partial<CellBody> = {},
): NewEntry {
  const { uuid, name } = cell.cell;
  return { ...aboutCell(cell), kind: 'cell', body: { ...body, state, name, uuid } };
}

/** Returns the fields of an entry about several rows of a cell. */
export function aboutCell({ cell, epoch }: CellContext): ReturnType<typeof aboutSeveral> {
  return aboutSeveral({ cell: cell.number, epoch });
}

/** Returns an entry for each server of which rows have vanished. */
export function vanishedEntries(
  cell: CellContext,
  kind: Extract<EntryKind, 'archived' | 'purged' | 'removed'>,
  rows: readonly VanishedRow[],
  projects: ReadonlyMap<string, string | null>,
): NewEntry[] {
  const byServer = groupBy(rows, ({ serverUuid, epoch }) => `${epoch} ${serverUuid ?? ''}`);
  return [...byServer.values()].map((group): NewEntry => {
    const { serverUuid = null, epoch = cell.epoch } = group[0] ?? {};
    const body: VanishedBody = {
      actions: group
        .flatMap(({ table, id }) => (table === 'actions' ? [id] : []))
        .sort((one, other) => one - other),
      server: group.find(({ table }) => table === 'servers')?.id ?? null,
    };
    const projectId = (serverUuid === null ? null : projects.get(serverUuid)) ?? null;
    return { ...aboutCell(cell), epoch, kind, serverUuid, projectId, body };
  });
}
