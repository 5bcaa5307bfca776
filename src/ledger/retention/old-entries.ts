import { sortableTime } from '../../database/rows/time.js';
import { inChunks } from '../../database/rows/write-rows.js';
import type { DatabaseInteger, Store } from '../record/record.js';
import type { Deletion } from './deletion.js';
import { entryPages } from './pages.js';

type EntryRow = Readonly<Record<'position' | 'cell', DatabaseInteger>> &
  Readonly<Record<'kind' | 'recorded_at', string>> & { readonly nova_id: DatabaseInteger | null };

/** The kinds of entries to which no row of the copy refers. */
const KINDS_WITHOUT_ROW: ReadonlySet<string> = new Set(['archived', 'purged', 'removed', 'unreadable']);

/**
 * Deletes old entries without a row: entries about actions that the own store does not have any more, and entries about
 * several rows. Stops at the first page that has only young entries.
 */
export async function deleteOldEntriesWithoutRow(deletion: Deletion): Promise<void> {
  const { source, horizon } = deletion;
  const columns = 'position, cell, kind, nova_id, recorded_at';
  for await (const page of entryPages<EntryRow>(source, columns)) {
    const aged = page.filter((row) => sortableTime(row.recorded_at) < sortableTime(horizon));
    if (aged.length === 0) return;
    const own = aged.filter(({ kind, cell }) => Number(cell) === 0 && kind === 'action');
    const existing = await existingActions(
      source,
      own.map(({ nova_id }) => Number(nova_id)),
    );
    const isWithoutRow = ({ nova_id }: EntryRow): boolean => !existing.has(Number(nova_id));
    const old = [...aged.filter(({ kind }) => KINDS_WITHOUT_ROW.has(kind)), ...own.filter(isWithoutRow)];
    await deletion.entries(old.map(({ position }) => Number(position)));
  }
}

/** Returns the ids of those of the actions that the store has. */
async function existingActions(source: Store, ids: readonly number[]): Promise<ReadonlySet<number>> {
  const rows = await inChunks(ids, (some, marks) =>
    source.query<{ id: DatabaseInteger }[]>(`SELECT id FROM instance_actions WHERE id IN (${marks})`, some),
  );
  return new Set(rows.map(({ id }) => Number(id)));
}
