import type { CellContext } from '../cell-context.js';
import type { BlockSum } from '../source/cell-reader.js';
import type { Projects } from './changes.js';
import { ChunkSums, putChunks } from './chunks.js';
import { Owners } from './owners.js';
import type { PastReader } from './past-reader.js';
import { changesOfPart } from './part-changes.js';
import { advanceRange, type Range, sourceOf } from './ranges.js';
import { type Part, readPart } from './read-part.js';

/** The rows of a part, and what the copier needs to write them. */
interface ReadRows extends Part {
  readonly head: number;
  readonly projects: Projects;
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
    const sums = new ChunkSums(range.next);
    for (let rest = range; rest.next > rest.from;) {
      const part = await reading;
      const after = { ...rest, next: part.next };
      if (after.next > after.from) {
        reading = this.read(after);
        // If the write fails, no code awaits this promise. Without this handler, its rejection would terminate the
        // process.
        reading.catch(() => undefined);
      }
      await this.write(rest, part, sums.add(part.page, part.next));
      rest = after;
    }
  }

  private async read(range: Range): Promise<ReadRows> {
    const { head, rows } = await this.reader.read(async (snapshot) => {
      const { limit } = this.reader;
      return { ...(await readPart(snapshot, range, limit, this.owners)), limit };
    });
    const lowest = rows.page.length < rows.limit ? undefined : rows.page.at(-1);
    const { isShadow } = sourceOf(range.stage);
    const projects: Projects = isShadow ? new Map() : this.owners.of(rows.actions ?? [], rows.servers ?? []);
    return { ...rows, head, projects, next: lowest === undefined ? range.from : lowest.id - 1 };
  }

  /** @param chunks the chunks of which all rows are then in the copy. The next comparison need not read them again */
  private async write(range: Range, rows: ReadRows, chunks: readonly BlockSum[]): Promise<void> {
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
          await putChunks(manager, number, sourceOf(range.stage), chunks);
          await advanceRange(manager, number, range, rows.next);
        },
      });
    });
  }
}
