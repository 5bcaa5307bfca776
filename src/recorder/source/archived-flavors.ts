import { millisecondsOf, type RawTime } from '../../database/rows/time.js';
import type { NovaServer } from '../../ledger/record/nova-rows.js';
import { archivedExtraFrom, archivedFlavorsFrom, maxArchivedExtra, type Statement } from './statements.js';

/** The number of rows that one statement reads from `shadow_instance_extra`. */
const PAGE = 250;

/** The search by time stops when at most this number of ids is left. */
const MAX_LEFT_IDS = 100;

/** The maximum difference between the order of the ids and the order of the times, in milliseconds. */
const TOLERANCE = 60_000;

type Rows = <Row extends object>(statement: Statement) => Promise<Row[]>;

interface Extra {
  readonly id: number;
  readonly created_at: RawTime | null;
}

interface ExtraWithFlavor extends Extra {
  readonly instance_uuid: string | null;
  readonly flavor: string | null;
}

/**
 * Reads the column `flavor` of archived servers. `shadow_instance_extra` has no index on the UUID of the server. But Nova
 * inserts a server and its row of `instance_extra` at the same time, and the archive keeps the ids. So the function
 * searches the primary key for the time at which the oldest server was created, and reads the rows from there on.
 *
 * @param servers neighbours in `shadow_instances`. The function then reads about as many rows as there are servers
 * @returns the flavors by the UUIDs of the servers. A server is absent if its row has another time
 */
export async function archivedFlavors(
  rows: Rows,
  servers: readonly Pick<NovaServer, 'uuid' | 'created_at'>[],
): Promise<Map<string, string | null>> {
  const flavors = new Map<string, string | null>();
  const times = servers.map((server) => timeOf(server)).filter((time) => !Number.isNaN(time));
  if (times.length === 0) return flavors;
  const missing = new Set(servers.map(({ uuid }) => uuid));
  const last = Math.max(...times) + TOLERANCE;
  let maxPages = Math.ceil(servers.length / PAGE) + 2;
  for (let id = await firstSince(rows, Math.min(...times) - TOLERANCE); maxPages > 0; maxPages -= 1) {
    const page = await rows<ExtraWithFlavor>(archivedFlavorsFrom(id, PAGE));
    for (const { instance_uuid: uuid, flavor } of page) {
      if (uuid !== null && missing.delete(uuid)) flavors.set(uuid, flavor);
    }
    const end = page.at(-1);
    if (page.length < PAGE || end === undefined || missing.size === 0 || timeOf(end) > last) break;
    id = end.id + 1;
  }
  return flavors;
}

/** Returns an id at most `MAX_LEFT_IDS` ids below the first row that was created at a time or later. */
async function firstSince(rows: Rows, time: number): Promise<number> {
  const [max] = await rows<{ id: number | null }>(maxArchivedExtra());
  let [low, high] = [1, (max?.id ?? 0) + 1];
  while (high - low > MAX_LEFT_IDS) {
    const middle = Math.floor((low + high) / 2);
    const [row] = await rows<Extra>(archivedExtraFrom(middle));
    if (row === undefined || !(timeOf(row) < time)) high = middle;
    else low = row.id;
  }
  return low;
}

/** Returns the time at which Nova inserted a row, in milliseconds; NaN without a valid time. */
function timeOf({ created_at: time }: Pick<Extra, 'created_at'>): number {
  return time === null ? NaN : millisecondsOf(time.slice(0, 19));
}
