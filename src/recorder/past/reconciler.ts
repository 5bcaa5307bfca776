import { currentTime } from '../../database/rows/time.js';
import type { TableName } from '../../ledger/cells/cell-states.js';
import { copyId } from '../../ledger/copy/copy-id.js';
import { type NewEntry, Place } from '../../ledger/record/entry.js';
import { countByPlace } from '../../ledger/copy/known-rows.js';
import { type CellContext, queryStore } from '../cell-context.js';
import type { BlockSum } from '../source/cell-reader.js';
import { CHUNK_SIZE, putChunks, readChunks } from './chunks.js';
import { copiedProjects } from '../../ledger/copy/copied-values.js';
import { copiedInCell } from './copied-in-cell.js';
import { nextId } from './next-id.js';
import { Owners } from './owners.js';
import { type VanishedRow, vanishedEntries } from '../changes/entries.js';
import type { PastReader } from './past-reader.js';
import { changesOfPart } from './part-changes.js';
import { readPart } from './read-part.js';
import { reportRowsAbove } from './rows-above.js';

/** The number of chunks whose sums one snapshot reads. */
const CHUNKS_AT_A_TIME = 8;

/**
 * The tables in the order of the comparison. For an action in the shadow table, the recorder reads the project and the
 * events from the copy. So actions are last.
 */
const TABLES = ['servers', 'events', 'actions'] as const;

/** The sums of a table, and of its shadow table. */
interface Sums<OfTable> {
  readonly main: OfTable;
  readonly shadow: OfTable;
}

/** Compares the copy of a cell with Nova's tables, and records the differences. */
export class Reconciler {
  private readonly owners = new Owners();

  constructor(
    private readonly cell: CellContext,
    private readonly reader: PastReader,
  ) {}

  /** Compares all rows. Reads only the rows of chunks whose sums have changed since the last comparison. */
  async compareAll(): Promise<void> {
    const reconciledAt = currentTime();
    for (const table of TABLES) {
      const end = Math.floor(this.cell.state.high[table] / CHUNK_SIZE) + 1;
      for (let chunk = 0; chunk < end; chunk += CHUNKS_AT_A_TIME) {
        const first = await nextId(this.cell, this.reader, table, chunk * CHUNK_SIZE);
        if (first === undefined) break;
        chunk = Math.floor(first / CHUNK_SIZE);
        if (chunk >= end) break;
        await this.compareChunks(table, chunk, Math.min(chunk + CHUNKS_AT_A_TIME, end));
      }
    }
    await reportRowsAbove(this.cell, this.reader);
    await this.cell.exclusive(() => this.cell.write({ entries: [], state: { reconciledAt } }));
  }

  private async compareChunks(table: TableName, from: number, to: number): Promise<void> {
    const { number } = this.cell.cell;
    const [start, end] = [from * CHUNK_SIZE, to * CHUNK_SIZE];
    const { rows: sums } = await this.reader.read(async (snapshot): Promise<Sums<BlockSum[]>> => {
      const main = await snapshot.blockSums({ table, isShadow: false }, CHUNK_SIZE, start, end);
      return { main, shadow: await snapshot.blockSums({ table, isShadow: true }, CHUNK_SIZE, start, end) };
    });
    const [main, shadow] = await queryStore(this.cell, async (store) => [
      await readChunks(store, number, { table, isShadow: false }, from, to),
      await readChunks(store, number, { table, isShadow: true }, from, to),
    ]);
    for (let chunk = from; chunk < to; chunk += 1) {
      const now = { main: sumOf(sums.main, chunk), shadow: sumOf(sums.shadow, chunk) };
      const known = { main: main.get(chunk), shadow: shadow.get(chunk) };
      if (!isUnchanged(now, known) || (await this.hasMoreRows(table, now)))
        await this.compareRows(table, now);
    }
  }

  /**
   * Returns true if the copy has more rows of a chunk than Nova, in the main or in the shadow table. The sums may not
   * show this: the copier stores the sums of the rows that it reads, and Nova may have deleted other rows before.
   */
  private async hasMoreRows(table: TableName, { main, shadow }: Sums<BlockSum>): Promise<boolean> {
    if (table === 'events') return false;
    const { cell, epoch: newest } = this.cell;
    const copied = await queryStore(this.cell, async (store) => {
      const counts = { main: 0, shadow: 0 };
      for (let epoch = 0; epoch <= newest; epoch += 1) {
        const from = copyId({ cell: cell.number, epoch, id: main.block * CHUNK_SIZE });
        const byPlace = await countByPlace(store, table, from, from + CHUNK_SIZE);
        counts.main += byPlace.get(Place.main) ?? 0;
        counts.shadow += byPlace.get(Place.shadow) ?? 0;
      }
      return counts;
    });
    return copied.main > main.count || copied.shadow > shadow.count;
  }

  /** Compares the rows of a chunk, and stores its sums. */
  private async compareRows(table: TableName, sums: Sums<BlockSum>): Promise<void> {
    const { cell } = this;
    const end = (sums.main.block + 1) * CHUNK_SIZE;
    const count = sums.main.count + sums.shadow.count;
    for (let next = sums.main.block * CHUNK_SIZE; next < end;) {
      const from = next;
      const { head, rows } = await this.reader.read(async (snapshot) => {
        const { limit } = this.reader;
        const to = Math.min(from + (count <= limit ? CHUNK_SIZE : limit), end);
        const ids = { from: from - 1, next: to - 1 };
        const main = await readPart(snapshot, { ...ids, stage: table }, to - from, this.owners);
        const shadow = { ...ids, stage: `shadow ${table}` } as const;
        return { to, main, shadow: await readPart(snapshot, shadow, to - from, this.owners) };
      });
      const { to } = rows;
      await cell.exclusive(async () => {
        const projects = this.owners.of(rows.main.actions ?? [], rows.main.servers ?? []);
        const main = await changesOfPart(cell, table, { ...rows.main, head, projects }, 'corrected');
        const archived = { ...rows.shadow, head, projects };
        const shadow = await changesOfPart(cell, `shadow ${table}`, archived, 'corrected');
        const found = new Set([...rows.main.page, ...rows.shadow.page].map(({ id }) => id));
        const entries = [
          ...main.entries,
          ...shadow.entries,
          ...(table === 'events' ? [] : await this.vanished(table, { head, from, to, found })),
        ];
        const isLast = to === end;
        if (!isLast && entries.length === 0 && !main.also && !shadow.also) return;
        await cell.write({
          entries,
          also: async (manager) => {
            await main.also?.(manager);
            await shadow.also?.(manager);
            if (!isLast) return;
            const { number } = cell.cell;
            await putChunks(manager, number, { table, isShadow: false }, [sums.main]);
            await putChunks(manager, number, { table, isShadow: true }, [sums.shadow]);
          },
        });
      });
      next = to;
    }
  }

  /** Returns the entries about known rows with ids in `[from, to)` that Nova does not have any more. */
  private async vanished(
    table: 'actions' | 'servers',
    { head, from, to, found }: { head: number; from: number; to: number; found: ReadonlySet<number> },
  ): Promise<NewEntry[]> {
    const { cell } = this;
    const uuid = table === 'actions' ? 'instance_uuid' : 'server_uuid';
    const copied = await copiedInCell(cell, table, [uuid, 'place', 'touched'], from, to - 1);
    const rows = [...copied].flatMap(([id, { epoch, row }]) => {
      if (found.has(id) || Number(row['touched']) > head) return [];
      return [{ table, id, epoch, serverUuid: row[uuid] as string | null, place: Number(row['place']) }];
    });
    if (rows.length === 0) return [];
    const uuids = rows.flatMap(({ serverUuid }) => serverUuid ?? []);
    const projects = await queryStore(cell, (store) => copiedProjects(store, cell.cell.number, uuids));
    const at = (place: number): VanishedRow[] => rows.filter((row) => row.place === place);
    return [
      ...vanishedEntries(cell, 'removed', at(Place.main), projects),
      ...vanishedEntries(cell, 'purged', at(Place.shadow), projects),
    ];
  }
}

function sumOf(sums: readonly BlockSum[], block: number): BlockSum {
  return sums.find((one) => one.block === block) ?? { block, count: 0, sum: 0 };
}

/** Returns true if the rows of a chunk have not changed. The copier stores no sum for a table without rows. */
function isUnchanged(
  now: Sums<BlockSum>,
  { main, shadow }: { readonly main: BlockSum | undefined; readonly shadow: BlockSum | undefined },
): boolean {
  return (main ?? shadow) !== undefined && isEqual(now.main, main) && isEqual(now.shadow, shadow);
}

function isEqual(one: BlockSum, other: BlockSum | undefined): boolean {
  return one.count === (other?.count ?? 0) && one.sum === (other?.sum ?? 0);
}
