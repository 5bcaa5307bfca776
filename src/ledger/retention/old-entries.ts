import { sortableTime } from '../../database/rows/time.js';
import type { DatabaseInteger } from '../record/record.js';
import type { Deletion } from './deletion.js';
import { entryPages } from './pages.js';

type EntryRow = Readonly<Record<'position' | 'cell', DatabaseInteger>> &
  Readonly<Record<'kind' | 'recorded_at', string>>;

/** The kinds of entries to which no row of the copy refers. */
const KINDS_WITHOUT_ROW: ReadonlySet<string> = new Set(['archived', 'purged', 'removed', 'unreadable']);

/**
 * Deletes old entries without a row in the copy: entries about the own store's actions, and entries about several
 * rows. Stops at the first page that has only young entries.
 */
export async function deleteOldEntriesWithoutRow(deletion: Deletion): Promise<void> {
  const { source, horizon } = deletion;
  const columns = 'position, cell, kind, recorded_at';
  for await (const page of entryPages<EntryRow>(source, columns)) {
    const aged = page.filter((row) => sortableTime(row.recorded_at) < sortableTime(horizon));
    if (aged.length === 0) return;
    const old = aged.filter(
      ({ kind, cell }) => KINDS_WITHOUT_ROW.has(kind) || (Number(cell) === 0 && kind === 'action'),
    );
    await deletion.entries(old.map(({ position }) => Number(position)));
  }
}
