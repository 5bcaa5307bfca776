import { isSqlite } from '../../database/rows/is-sqlite.js';
import { type Indexed, type LimitedArm, readArms, type SearchedStore } from './arm-statement.js';
import { type ArmEntries, comparatorOf, mergeArms, type MergedArms } from './merge-arms.js';
import type { Arm, Plan } from './plan.js';
import { residualsOf, rowsPerEntry } from './residual.js';
import type { SearchQuery } from './search-query.js';
import { rangesAfter } from './seconds.js';

/** The beginning of a list. It has more actions than the page, or ends at the frontier, or is complete. */
export interface Scanned extends MergedArms {
  readonly indexed: Indexed;
}

/** The number of entries to read for each wanted action if the search must check conditions for each entry. */
const ENTRIES_PER_ACTION = 3;

/** The share of the rest of a second in the entries that an arm reads next. Most seconds have few entries. */
const SAME_SECOND_SHARE = 1 / 8;

interface ReadArm extends ArmEntries {
  readonly arm: Arm;
}

/**
 * Reads the beginning of a list from the indexes. Reads about as many entries as the page needs, and then once more, if
 * there were too few matching ones.
 *
 * @param budget the maximum number of rows to read
 */
export async function scan(
  store: SearchedStore,
  query: SearchQuery,
  plan: Plan,
  budget: number,
): Promise<Scanned> {
  const { arms, order } = plan;
  const residualOf = residualsOf(plan, query, isSqlite(store));
  const hasResidual = arms.some((arm) => residualOf(arm) !== undefined);
  const isJoined = hasResidual && arms[0]?.table === 'search_hosts';
  const entries = Math.floor(budget / (1 + rowsPerEntry(plan) + (isJoined ? 1 : 0)));
  const wanted = (query.limit + 1) * (hasResidual ? ENTRIES_PER_ACTION : 1);
  const limit = Math.max(1, Math.min(wanted, Math.floor(entries / 2 / arms.length)));
  const begin = arms.map((arm) => ({ arm, limit }));
  const first = await readArms(store, begin, order, residualOf);
  const read = first.arms.map((of, index): ReadArm => ({ ...of, arm: arms[index] as Arm }));
  const merged = mergeArms(read, order);
  if (merged.frontier === undefined || merged.found.length > query.limit) {
    return { ...merged, indexed: first.indexed };
  }
  const left = entries - read.reduce((sum, { entries: { length } }) => sum + length, 0);
  const slow = blockingArms(read, query.limit, order);
  const next = slow.flatMap((arm) => continuation(arm, Math.floor(left / slow.length), order));
  if (next.some(({ limit: more }) => more < 1)) return { ...merged, indexed: first.indexed };
  const second = await readArms(store, next, order, residualOf);
  const finished = read.map((arm) => (slow.includes(arm) ? { ...arm, isCut: false } : arm));
  return { ...mergeArms([...finished, ...second.arms], order), indexed: first.indexed };
}

/** Returns the arms that must read on so that the page can be full. */
function blockingArms(arms: readonly ReadArm[], limit: number, order: Plan['order']): ReadArm[] {
  const compare = comparatorOf(order);
  // Without the limits of the arms, the page would end here.
  const end = mergeArms(
    arms.map((arm) => ({ ...arm, isCut: false })),
    order,
  ).found[limit];
  return arms.filter(({ entries, isCut }) => {
    const last = entries.at(-1);
    return isCut && last !== undefined && (end === undefined || compare(last, end) < 0);
  });
}

/** Returns the ranges that follow the last entry of an arm. */
function continuation({ arm, entries }: ReadArm, limit: number, order: Plan['order']): LimitedArm[] {
  const last = entries.at(-1);
  if (last === undefined) return [];
  const ranges =
    arm.range.afterId === undefined
      ? rangesAfter({ ...arm.range, isExact: true }, { ...last, direction: 'next' }, order)
      : [{ ...arm.range, afterId: last.id }];
  const isSplit = ranges.length > 1;
  return ranges.map((range) => {
    const share = range.afterId === undefined ? 1 - SAME_SECOND_SHARE : SAME_SECOND_SHARE;
    return { arm: { ...arm, range }, limit: Math.floor(limit * (isSplit ? share : 1)) };
  });
}
