import { groupBy } from '../../common/group-by.js';
import type { CellBody, EntryKind, NewEntry, VanishedBody } from '../../ledger/entry.js';
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
  return { ...aboutSeveral(cell), kind: 'cell', body: { ...body, state, name, uuid } };
}

/** Returns the fields of an entry that is not about a single action or server. */
export function aboutSeveral(
  cell: CellContext,
): Pick<NewEntry, 'cell' | 'epoch' | 'novaId' | 'serverUuid' | 'projectId' | 'previous'> {
  return {
    ...{ cell: cell.cell.number, epoch: cell.epoch },
    ...{ novaId: null, serverUuid: null, projectId: null, previous: null },
  };
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
      actions: group.flatMap(({ table, id }) => (table === 'actions' ? [id] : [])).sort(ascending),
      server: group.find(({ table }) => table === 'servers')?.id ?? null,
    };
    const projectId = (serverUuid === null ? null : projects.get(serverUuid)) ?? null;
    return { ...aboutSeveral(cell), epoch, kind, serverUuid, projectId, body };
  });
}

function ascending(one: number, other: number): number {
  return one - other;
}
