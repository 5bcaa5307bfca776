import type { Position, Sort } from './search-query.js';

/** An entry that an arm has read from its index. */
export interface ArmEntry extends Position {
  /** True if the entry fulfills the conditions that the index of the arm does not contain. */
  readonly matches: boolean;
}

/** The entries that an arm has read, in the order of the list. */
export interface ArmEntries {
  readonly entries: readonly ArmEntry[];
  /** True if the arm stopped at its limit, so that further entries may follow. */
  readonly isCut: boolean;
}

/** The beginning of a list. */
export interface MergedArms {
  /** The matching entries, in the order of the list, each once. */
  readonly found: readonly Position[];
  /** The last place that all arms have reached. Undefined if they have read everything. */
  readonly frontier: Position | undefined;
}

/**
 * Merges the entries of several arms of a search into the beginning of the list. An arm that stopped at its limit may
 * have further entries after its last one. So the result ends at the first of these places: the frontier.
 */
export function mergeArms(arms: readonly ArmEntries[], sort: Sort): MergedArms {
  const compare = comparatorOf(sort);
  const ends = arms.flatMap(({ entries, isCut }) => (isCut ? (entries.at(-1) ?? []) : []));
  const [first] = ends.toSorted(compare);
  const frontier = first && { second: first.second, id: first.id };
  const isReached = (entry: Position): boolean => frontier === undefined || compare(entry, frontier) <= 0;
  const found = new Map<number, Position>();
  for (const { second, id, matches } of arms.flatMap(({ entries }) => entries)) {
    // The same action may be in several arms: it may have events on several hosts.
    if (matches && isReached({ second, id })) found.set(id, { second, id });
  }
  return { found: [...found.values()].sort(compare), frontier };
}

/** Returns the function that compares places in a list: a negative result means that the first one comes first. */
export function comparatorOf(sort: Sort): (one: Position, other: Position) => number {
  const sign = sort === 'asc' ? 1 : -1;
  return (one, other) => sign * (one.second - other.second || one.id - other.id);
}
