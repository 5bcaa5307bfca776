import type { EntityManager } from 'typeorm';
import { topic } from '../../common/topic.js';
import type { DatabaseInteger, Head, Store } from '../record/record.js';

/** The name of a source of actions in `record_head`, with the table of its actions. */
export const BACKLOGS = {
  'search-own': 'instance_actions',
  'search-copied': 'copied_instance_actions',
} as const;

export type Backlog = keyof typeof BACKLOGS;

/** The progress of the search: the part of the log that its rows contain. */
export interface SearchProgress {
  /** The last entry of the record. */
  readonly head: Head;
  /** The last entry whose rows the search contains, except for older actions that are still in a backlog. */
  readonly indexed: Head;
  /** The ids in the copy below which the old actions of a source are not yet in the search; 0 if all of them are. */
  readonly below: Readonly<Record<Backlog, number>>;
}

type HeadRow = Readonly<Record<'name' | 'recorded_at', string>> & { readonly position: DatabaseInteger };

/** Reads the progress of the search, with one statement. */
export async function readProgress(store: Store): Promise<SearchProgress> {
  const rows = await store.query<HeadRow[]>('SELECT name, position, recorded_at FROM record_head');
  const headOf = (name: string): Head => {
    const row = rows.find((one) => one.name === name);
    if (row === undefined) throw new Error(`the table record_head has no row "${name}"`);
    return { position: Number(row.position), recordedAt: row.recorded_at };
  };
  const below = {
    'search-own': headOf('search-own').position,
    'search-copied': headOf('search-copied').position,
  };
  return { head: headOf('entries'), indexed: headOf('search'), below };
}

/** Returns the sources whose old actions are not yet in the search. */
export function backlogsOf({ below }: SearchProgress): Backlog[] {
  return (Object.keys(BACKLOGS) as Backlog[]).filter((name) => below[name] > 0);
}

/** Returns true if the search lacks entries or old actions. */
export function hasWork(progress: SearchProgress): boolean {
  return progress.indexed.position < progress.head.position || backlogsOf(progress).length > 0;
}

/**
 * Waits until no other transaction changes search rows because of the record, and excludes such transactions until the
 * end of this one. It must be called before the first SELECT of the transaction: then the transaction reads all rows
 * that the others have committed.
 */
export async function lockSearch(manager: EntityManager): Promise<void> {
  await manager.query("UPDATE record_head SET position = position WHERE name = 'search'");
}

/** The state of the search, for the metrics. */
export interface SearchEvent {
  /** The number of entries whose rows the search does not contain yet. */
  readonly lag: number;
  /** The number of old actions that are not yet in the search; undefined if this process does not count them. */
  readonly remaining: number | undefined;
}

/** The topic to which the indexer publishes the state of the search. */
export const searchEvents = topic<SearchEvent>('search');
