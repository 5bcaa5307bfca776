import type { RawTime } from '../../database/rows/time.js';
import type { GapBody, NewEntry } from '../../ledger/record/entry.js';
import { type CellContext, queryStore } from '../cell-context.js';
import { asNova, copiedBetween } from '../../ledger/copy/copied-values.js';
import { findGap } from './find-gap.js';
import { aboutCell } from '../changes/entries.js';
import { nextId } from './next-id.js';
import { highestIds } from '../source/highest-ids.js';
import type { PastReader } from './past-reader.js';
import { putRanges, type Range } from './ranges.js';

/** The number of ids before an interruption that show how often an id has no row. */
const USUAL_IDS = 10_000;

/** The number of ids that one snapshot reads instead of one whole row, because ids need less time. */
const IDS_PER_ROW = 20;

/**
 * Returns the range of a search for lost rows: Nova inserted them after the row with the id `above`, and deleted them
 * before the recorder could read them. `upTo` is the highest id that Nova has now. If Nova has deleted the newest rows,
 * the search can find this only after Nova has inserted another row.
 */
export function gapRange(above: number, upTo: number): Range {
  return { stage: 'gaps', from: above, to: upTo, next: upTo > above ? upTo + 1 : upTo };
}

/**
 * Adds a search for rows that Nova inserted after the last round and deleted before the next one. Rounds that
 * start as planned need no search. Call it inside of `exclusive`, before the next round reads Nova.
 */
export async function searchSinceLastRound(cell: CellContext): Promise<void> {
  const max = await cell.reader.snapshot(highestIds);
  const { high } = cell.state;
  const range = gapRange(high.actions, Math.max(high.actions, max.actions));
  await cell.write({ entries: [], also: (manager) => putRanges(manager, cell.cell.number, [range]) });
}

/** The search for rows that Nova deleted before the recorder could read them. */
export class GapSearch {
  /** The times at which a search first found a gap, by the start of its range, on the clock of `performance.now()`. */
  private readonly foundAt = new Map<number, number>();

  constructor(
    private readonly cell: CellContext,
    private readonly reader: PastReader,
  ) {}

  /** Returns true if a search in a range of the stage `gaps` can find something now. */
  canSearch({ from, to, next }: Range): boolean {
    const { state, times } = this.cell;
    const foundAt = this.foundAt.get(from) ?? -Infinity;
    return (next > to || state.high.actions > to) && performance.now() - foundAt >= times.rewindAfter;
  }

  /**
   * Searches a range of the stage `gaps`. If more ids than usual have no row, does nothing, so that the caller searches
   * again after `rewindAfter`: Nova may commit rows late. Only the second search writes an entry.
   */
  async search({ from, to }: Range): Promise<void> {
    const { cell, reader } = this;
    const before = await idsBetween(cell, reader, Math.max(0, from - USUAL_IDS), from);
    const within = await idsBetween(cell, reader, from, to);
    const first = await nextId(cell, reader, 'actions', to + 1);
    const after = first !== undefined && first <= cell.state.high.actions ? first : undefined;
    const gap = findGap(before, from, after === undefined ? within : [...within, after]);
    if (gap !== undefined && !this.foundAt.has(from)) {
      this.foundAt.set(from, performance.now());
      return;
    }
    const entries = gap === undefined ? [] : [await gapEntry(cell, reader, gap)];
    const last = within.at(-1) ?? from;
    await cell.exclusive(() =>
      cell.write({
        entries,
        also: async (manager) => {
          const { number } = cell.cell;
          await manager.query("DELETE FROM record_ranges WHERE cell = ? AND stage = 'gaps' AND from_id = ?", [
            number,
            from,
          ]);
          if (after === undefined) await putRanges(manager, number, [gapRange(last, last)]);
        },
      }),
    );
    this.foundAt.delete(from);
  }
}

/** Returns the ids of actions in `(above, upTo]` that have a row in Nova or in the copy, in ascending order. */
async function idsBetween(
  cell: CellContext,
  reader: PastReader,
  above: number,
  upTo: number,
): Promise<number[]> {
  const ids = new Set<number>();
  for (let next = above + 1; next <= upTo;) {
    const from = await nextId(cell, reader, 'actions', next);
    if (from === undefined || from > upTo) break;
    const { rows } = await reader.read(async (snapshot) => {
      const end = Math.min(from + IDS_PER_ROW * reader.limit, upTo + 1);
      const main = await snapshot.rowSums({ table: 'actions', isShadow: false }, from, end);
      return { end, main, shadow: await snapshot.rowSums({ table: 'actions', isShadow: true }, from, end) };
    });
    for (const { id } of [...rows.main, ...rows.shadow]) ids.add(id);
    const range = { cell: cell.cell.number, epoch: cell.epoch, from, to: rows.end - 1 };
    const copied = await queryStore(cell, (store) => copiedBetween(store, 'actions', [], range));
    for (const id of copied.keys()) ids.add(id);
    next = rows.end;
  }
  return [...ids].sort((one, other) => one - other);
}

async function gapEntry(
  cell: CellContext,
  reader: PastReader,
  gap: Omit<GapBody, 'from_time' | 'to_time'>,
): Promise<NewEntry> {
  const from_time = await timeOf(cell, reader, gap.from_id - 1);
  const to_time = await timeOf(cell, reader, gap.to_id + 1);
  return { ...aboutCell(cell), kind: 'gap', body: { ...gap, from_time, to_time } };
}

/** Returns the time at which Nova inserted an action; null if neither Nova nor the copy has the action. */
async function timeOf(cell: CellContext, reader: PastReader, id: number): Promise<RawTime | null> {
  const { rows } = await reader.read(async (snapshot) => [
    ...(await snapshot.actions([id])),
    ...(await snapshot.actions([id], true)),
  ]);
  if (rows[0] !== undefined) return rows[0].created_at;
  const range = { cell: cell.cell.number, epoch: cell.epoch, from: id, to: id };
  const copied = await queryStore(cell, (store) => copiedBetween(store, 'actions', ['created_at'], range));
  return (asNova(copied.get(id)?.['created_at']) ?? null) as RawTime | null;
}
