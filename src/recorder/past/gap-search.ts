import type { RawTime } from '../../database/rows/time.js';
import type { GapBody, NewEntry } from '../../ledger/entry.js';
import type { CellContext } from '../cell-context.js';
import { asNova, copiedBetween, queryStore } from './copied.js';
import { findGap } from './find-gap.js';
import { aboutSeveral } from './past-entries.js';
import { nextId } from './next-id.js';
import type { PastReader } from './past-reader.js';
import { putRanges, type Range } from './ranges.js';

/** The number of ids before an interruption that show how often an id has no row. */
const USUAL_IDS = 10_000;

/** The number of ids that one snapshot reads in the place of one whole row, because ids need less time. */
const IDS_PER_ROW = 20;

/**
 * Returns true if a search in a range of the stage `gaps` can find something. The ids after the last row have possibly
 * lost their rows too, which is visible only when Nova has inserted another row.
 */
export function canSearchGap({ state }: CellContext, { to, next }: Range): boolean {
  return next > to || state.high.actions > to;
}

/**
 * Searches a range of the stage `gaps` for ids whose rows Nova deleted while no process recorded the cell. Writes an
 * entry if more ids have no row than usual.
 */
export async function searchGap(cell: CellContext, reader: PastReader, range: Range): Promise<void> {
  const { from, to } = range;
  const before = await idsBetween(cell, reader, Math.max(0, from - USUAL_IDS), from);
  const within = await idsBetween(cell, reader, from, to);
  const first = await nextId(cell, reader, 'actions', to + 1);
  const after = first !== undefined && first <= cell.state.high.actions ? first : undefined;
  const ids = after === undefined ? within : [...within, after];
  const gap = findGap(before, from, ids);
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
        if (after === undefined) {
          await putRanges(manager, number, [{ stage: 'gaps', from: last, to: last, next: last }]);
        }
      },
    }),
  );
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
  return { ...aboutSeveral(cell), kind: 'gap', body: { ...gap, from_time, to_time } };
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
