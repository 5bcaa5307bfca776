import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';

/**
 * One reading of the state of a cell in the store. The recorder read the whole cell in one consistent view, at some
 * moment from `readAt` to `seenAt`. The store has the result.
 */
export interface Sighting {
  readonly readAt: number;
  readonly seenAt: number;
}

interface CellRow extends RowDataPacket {
  readonly uuid: string;
  readonly read_at: string | null;
  readonly reconciled_at: string | null;
  readonly pending: number;
}

const STATES = `SELECT uuid, read_at, reconciled_at, (SELECT COUNT(*) FROM record_ranges
  WHERE cell = record_cells.number AND stage <> 'gaps') AS pending FROM record_cells`;

interface GapRow extends RowDataPacket {
  readonly from_id: number;
  readonly to_id: number;
}

const GAPS = `SELECT from_id, to_id FROM record_gaps
  WHERE cell = (SELECT number FROM record_cells WHERE uuid = ?)`;

/** Observes which states of the cells the recorder has certainly seen. Reads only the store. */
export class Watcher {
  /** The sightings of each cell by its UUID, in the order of time. */
  readonly sightings = new Map<string, Sighting[]>();
  private isWatching = true;
  private readonly watching: Promise<void>;

  constructor(private readonly storeUrl: string) {
    this.watching = this.watch();
  }

  /** Returns the number of cells without ranges to copy whose last finished comparison started after a time. */
  async reconciledSince(time: number): Promise<number> {
    const connection = await createConnection({ uri: this.storeUrl, dateStrings: true });
    const [rows] = await connection.query<CellRow[]>(STATES);
    await connection.end();
    return rows.filter(({ reconciled_at, pending }) => pending === 0 && timeOf(reconciled_at) > time).length;
  }

  /** Returns true if each of these cells was read after a time. */
  hasSeen(cellUuids: readonly string[], time: number): boolean {
    return cellUuids.every((uuid) => (this.sightings.get(uuid)?.at(-1)?.readAt ?? -Infinity) > time);
  }

  /** Returns the ids, of `ids`, that no gap of the cell contains. */
  async idsWithoutGap(cellUuid: string, ids: readonly number[]): Promise<number[]> {
    const connection = await createConnection({ uri: this.storeUrl });
    const [gaps] = await connection.query<GapRow[]>(GAPS, [cellUuid]);
    await connection.end();
    return ids.filter((id) => !gaps.some(({ from_id, to_id }) => from_id <= id && id <= to_id));
  }

  async stop(): Promise<void> {
    this.isWatching = false;
    await this.watching;
  }

  private async watch(): Promise<void> {
    let connection: Connection | undefined;
    while (this.isWatching) {
      try {
        connection ??= await createConnection({ uri: this.storeUrl, dateStrings: true });
        await this.readStates(connection);
      } catch {
        // The store was killed.
        connection?.destroy();
        connection = undefined;
      }
      await sleep(20);
    }
    connection?.destroy();
  }

  private async readStates(connection: Connection): Promise<void> {
    const [rows] = await connection.query<CellRow[]>(STATES);
    const seenAt = Date.now();
    for (const { uuid, read_at, pending } of rows) {
      // While a range of ids waits to be copied, the recorder has not seen all rows.
      if (read_at === null || pending > 0) continue;
      const readAt = timeOf(read_at);
      const known = this.sightings.get(uuid) ?? [];
      if (known.at(-1)?.readAt !== readAt) known.push({ readAt, seenAt });
      this.sightings.set(uuid, known);
    }
  }
}

function timeOf(text: string | null): number {
  return text === null ? -Infinity : Date.parse(`${text.replace(' ', 'T')}Z`);
}
