import { Place } from '../../ledger/record/entry.js';
import type { CellContext } from '../cell-context.js';
import type { BlockSum } from '../source/cell-reader.js';
import type { Projects } from '../changes/changes.js';
import { foundRows, type FoundRows } from '../changes/found-rows.js';
import { addToChunks, sumsOf } from './chunks.js';
import { Owners } from './owners.js';
import type { PastReader } from './past-reader.js';
import { changesOfPart } from './part-changes.js';
import { advanceRange, type Range, sourceOf } from './ranges.js';
import { type Part, readPart } from './read-part.js';

/** The rows of a part, with the data that the copier needs to write them. */
interface ReadRows extends Part {
  readonly head: number;
  readonly projects: Projects;
  /** The rows of the main tables, prepared while the copier writes the previous part. */
  readonly found: FoundRows | undefined;
  /** The sums of `page`; and of the events, if no other stage reads them. */
  readonly sums: { readonly page: readonly BlockSum[]; readonly events: readonly BlockSum[] };
  /** The highest id that is not read yet. */
  readonly next: number;
}

/** Copies the rows of ranges of ids, from the newest to the oldest. */
export class PastCopier {
  private readonly owners = new Owners();

  constructor(
    private readonly cell: CellContext,
    private readonly reader: PastReader,
  ) {}

  /** Copies a range. Reads the next part while it writes the last one. */
  async copy(range: Range): Promise<void> {
    let reading = this.read(range);
    for (let rest = range; rest.next > rest.from;) {
      const part = await reading;
      const after = { ...rest, next: part.next };
      if (after.next > after.from) {
        reading = this.read(after);
        // If the write fails, no code awaits this promise. Without this handler, its rejection would terminate the
        // process.
        reading.catch(() => undefined);
      }
      await this.write(rest, part);
      rest = after;
    }
  }

  private async read(range: Range): Promise<ReadRows> {
    const { head, rows } = await this.reader.read(async (snapshot) => {
      const { limit } = this.reader;
      return { ...(await readPart(snapshot, range, limit, this.owners)), limit };
    });
    const lowest = rows.page.length < rows.limit ? undefined : rows.page.at(-1);
    const next = lowest === undefined ? range.from : lowest.id - 1;
    const { isShadow } = sourceOf(range.stage);
    const sums = {
      page: sumsOf(rows.page),
      events: hasNoStageForEvents(range) ? sumsOf(rows.events ?? []) : [],
    };
    const projects: Projects = isShadow ? new Map() : this.owners.of(rows.actions ?? [], rows.servers ?? []);
    const found = isShadow ? undefined : foundRows({ ...rows, place: Place.main });
    return { ...rows, head, projects, found, sums, next };
  }

  private async write(range: Range, rows: ReadRows): Promise<void> {
    const { cell } = this;
    const { number } = cell.cell;
    await cell.exclusive(async () => {
      const { entries, also } = await changesOfPart(cell, range.stage, rows, 'action');
      const { total, done } = cell.state.past;
      await cell.write({
        entries,
        state: { past: { total, done: done + range.next - rows.next } },
        also: async (manager) => {
          await also?.(manager);
          await addToChunks(manager, number, sourceOf(range.stage), rows.sums.page);
          await addToChunks(manager, number, { table: 'events', isShadow: false }, rows.sums.events);
          await advanceRange(manager, number, range, rows.next);
        },
      });
    });
  }
}

/** Returns true for the first copy of the actions, which also copies their events: see `firstRanges`. */
function hasNoStageForEvents({ stage, from }: Range): boolean {
  return stage === 'actions' && from === 0;
}
