import type { GapBody } from '../../ledger/record/entry.js';

/**
 * A step is the difference between two neighbouring ids with rows. A gap is `certain` if it contains a step that is
 * longer than the longest usual step by this factor.
 */
const CERTAIN_FACTOR = 32;

/** The minimum number of earlier steps from which the usual step is computed. */
const ENOUGH_STEPS = 10;

/** A gap without its times. */
export type IdGap = Omit<GapBody, 'from_time' | 'to_time'>;

/**
 * Returns the range of ids whose rows are possibly missing; undefined if the ids have no more holes than usual. Some
 * ids have no row although no row was lost: each node of a Galera cluster assigns only every n-th id, and the
 * ids of a transaction that is rolled back stay unused.
 *
 * @param before earlier ids with rows, in ascending order. They show which steps are usual
 * @param start the id after which the search begins
 * @param ids the ids with rows after `start`, in ascending order
 */
export function findGap(before: readonly number[], start: number, ids: readonly number[]): IdGap | undefined {
  const usual = stepsOf(before);
  const steps = stepsOf([start, ...ids]);
  const { median, longest } = usualSteps(usual, steps);
  const span = (ids.at(-1) ?? start) - start;
  // A step is suspicious if it is longer than each usual step. If there are fewer rows than usual, each step that is
  // longer than most steps is suspicious.
  const limit = hasFewRows(usual, span, ids.length) ? Math.min(median, span / ids.length) : longest;
  const suspicious = (one: number): boolean => one > limit;
  const first = steps.findIndex(suspicious);
  if (first < 0) return undefined;
  const last = steps.findLastIndex(suspicious);
  const id = (index: number): number => (index < 0 ? start : (ids[index] ?? start));
  const [from_id, to_id] = [id(first - 1) + 1, id(last) - 1];
  return {
    ...{ from_id, to_id, void_ids: to_id - from_id + 1 - (last - first) },
    grade: steps.some((one) => one > CERTAIN_FACTOR * longest) ? 'certain' : 'possible',
  };
}

/** Returns the steps between ids. */
function stepsOf(ids: readonly number[]): number[] {
  return ids.slice(1).map((id, index) => id - (ids[index] ?? id));
}

/** Returns true if a span of ids has significantly fewer rows than usual. */
function hasFewRows(usual: readonly number[], span: number, rows: number): boolean {
  if (usual.length === 0) return false;
  const mean = usual.reduce((sum, one) => sum + one, 0) / usual.length;
  const variance = usual.reduce((sum, one) => sum + (one - mean) ** 2, 0) / usual.length;
  // The number of rows in a span varies as much as the steps between them.
  const deviation = Math.sqrt((span * variance) / mean ** 3);
  return rows < span / mean - 4 * deviation - 0.5;
}

/** Returns the usual step, and the longest one that is not an outlier. */
function usualSteps(
  usual: readonly number[],
  steps: readonly number[],
): { readonly median: number; readonly longest: number } {
  const known = usual.length >= ENOUGH_STEPS ? usual : [...usual, ...steps];
  const median = known.toSorted((one, other) => one - other)[Math.floor((known.length - 1) / 2)] ?? 1;
  return { median, longest: Math.max(median, ...usual.filter((one) => one <= CERTAIN_FACTOR * median)) };
}
