import { type CellState, type PerTable, type TableName, perTable } from '../../ledger/cells/cell-states.js';
import { MAX_ID } from '../../ledger/copy/copy-id.js';
import { Place } from '../../ledger/record/entry.js';
import { type CellContext, queryStore } from '../cell-context.js';
import type { CellSnapshot } from '../source/cell-reader.js';
import { deleteChunks } from './chunks.js';
import { copiedProjects, highestCopied } from '../../ledger/copy/copied-values.js';
import { copiedInCell } from './copied-in-cell.js';
import { copiedIdentity, isOtherRow } from '../changes/identities.js';
import { aboutCell, vanishedEntries } from '../changes/entries.js';

/** The number of ids that the search for reused ids compares at a time. */
const IDS_AT_A_TIME = 1_000;

/** A known id that Nova has possibly assigned to another row. */
export interface Suspect {
  readonly table: TableName;
  readonly id: number;
}

/**
 * Compares the newest known rows with Nova's. If Nova has assigned ids again, opens a new epoch from the lowest such id
 * on: later rows with these ids get their own rows in the copy. Nova assigns ids again, for example, after a restore of
 * its database from a backup. Call it before `beginOrResume`.
 *
 * @param suspect an id that Nova has possibly assigned again. The search includes it, even if newer rows are unchanged
 * @returns true if a new epoch has begun. The caller must then start again with a new `CellContext`
 */
export async function checkIds(cell: CellContext, suspect?: Suspect): Promise<boolean> {
  return cell.exclusive(async () => {
    const found = {
      actions: await compareIds(cell, 'actions', suspect),
      events: await compareIds(cell, 'events', suspect),
      servers: await compareIds(cell, 'servers', suspect),
    };
    const reused = Object.entries(found).find(([, { lowestOther }]) => lowestOther !== undefined);
    if (reused === undefined) return false;
    const from = perTable((table) => found[table].lowestOther ?? found[table].highestSame + 1);
    // These entries come first: after a crash, the search then finds the ids again.
    await recordRemoved(cell, 'servers', from.servers);
    await recordRemoved(cell, 'actions', from.actions);
    await openEpoch(cell, from, `Nova has assigned ids of ${reused[0]} again`);
    return true;
  });
}

/**
 * Accepts that Nova's highest ids are lower than the known ones. Nova has then lost or deleted its newest rows. If Nova
 * later assigns these ids again, they open a new epoch: see `checkIds`.
 *
 * @param max the highest ids of Nova's tables
 */
export async function rewind(cell: CellContext, max: PerTable): Promise<void> {
  await cell.exclusive(async () => {
    const { high, settled } = cell.state;
    const lower = (known: PerTable): PerTable => perTable((table) => Math.min(known[table], max[table]));
    await cell.write({ entries: [], state: { high: lower(high), settled: lower(settled) } });
  });
}

/**
 * Records that Nova has removed the known rows with ids from `lowest` on. The recorder later copies Nova's current rows
 * with these ids, in the new epoch.
 */
async function recordRemoved(cell: CellContext, table: 'actions' | 'servers', lowest: number): Promise<void> {
  const uuid = table === 'actions' ? 'instance_uuid' : 'server_uuid';
  const highest = await newestKnown(cell, table, MAX_ID);
  for (let from = lowest; from <= highest; from += IDS_AT_A_TIME) {
    const upTo = Math.min(from + IDS_AT_A_TIME - 1, highest);
    const copied = await copiedInCell(cell, table, [uuid, 'place'], from, upTo);
    const rows = [...copied].flatMap(([id, { epoch, row }]) =>
      (row['place'] as Place) <= Place.shadow
        ? [{ table, id, epoch, serverUuid: row[uuid] as string | null }]
        : [],
    );
    if (rows.length === 0) continue;
    const uuids = [...new Set(rows.flatMap(({ serverUuid }) => serverUuid ?? []))];
    const projects = await queryStore(cell, (store) => copiedProjects(store, cell.cell.number, uuids));
    await cell.write({ entries: vanishedEntries(cell, 'removed', rows, projects) });
  }
}

async function openEpoch(cell: CellContext, from: PerTable, reason: string): Promise<void> {
  const epoch = cell.epoch + 1;
  const below = (known: PerTable): PerTable => perTable((table) => Math.min(known[table], from[table] - 1));
  const state: Partial<CellState> = {
    ...{ epoch, epochFrom: from },
    ...{ high: below(cell.state.high), settled: below(cell.state.settled) },
  };
  await cell.write({
    entries: [{ ...aboutCell(cell), epoch, kind: 'epoch', body: { epoch, from, reason } }],
    state,
    also: (manager) => deleteChunks(manager, cell.cell.number, from),
  });
}

interface Comparison {
  /** The lowest reused id; undefined if Nova has assigned no id again. */
  readonly lowestOther: number | undefined;
  /** The highest id below the reused ones that still belongs to the same row; 0 without such an id. */
  readonly highestSame: number;
}

/** Compares known rows with Nova's in pages, by descending id, until all rows of a page are the same. */
async function compareIds(
  cell: CellContext,
  table: TableName,
  suspect: Suspect | undefined,
): Promise<Comparison> {
  const downTo = suspect?.table === table ? suspect.id : Infinity;
  let lowestOther: number | undefined;
  for (let from = cell.state.high[table] + 1; ;) {
    const upTo = await newestKnown(cell, table, from - 1);
    if (upTo === 0) return { lowestOther, highestSame: 0 };
    from = Math.max(1, upTo - IDS_AT_A_TIME + 1);
    const known = await copiedInCell(cell, table, copiedIdentity(table), from, upTo);
    const rows = await cell.reader.snapshot((snapshot) => rowsBetween(snapshot, table, from, upTo));
    let highestSame = 0;
    let hasOther = false;
    for (const row of rows.sort((one, other) => other.id - one.id)) {
      const copied = known.get(row.id);
      if (copied === undefined) continue;
      if (isOtherRow(table, row, copied.row)) {
        [lowestOther, hasOther, highestSame] = [row.id, true, 0];
      } else if (highestSame === 0) highestSame = row.id;
    }
    if (highestSame > 0 && !hasOther && downTo >= from) return { lowestOther, highestSame };
  }
}

/** Returns the highest id up to `upTo` that the copy has; 0 without such an id. */
async function newestKnown(cell: CellContext, table: TableName, upTo: number): Promise<number> {
  let newest = 0;
  for (let epoch = 0; epoch <= cell.epoch; epoch += 1) {
    const range = { cell: cell.cell.number, epoch, from: newest + 1, to: upTo };
    if (range.to < range.from) break;
    newest = (await queryStore(cell, (store) => highestCopied(store, table, range))) ?? newest;
  }
  return newest;
}

/** Reads the rows of the main and the shadow table. */
async function rowsBetween(
  snapshot: CellSnapshot,
  table: TableName,
  from: number,
  to: number,
): Promise<{ readonly id: number }[]> {
  const page = (isShadow: boolean): Promise<{ readonly id: number }[]> =>
    snapshot.page({ table, isShadow }, from - 1, to, IDS_AT_A_TIME);
  return [...(await page(false)), ...(await page(true))];
}
