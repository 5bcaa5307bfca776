import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import type { Database } from '../database/connection/database.js';
import { type HeldLease, Lease, onDatabase } from '../database/own-store/lease.js';
import { matchedRows } from '../database/rows/changes.js';
import { type RawTime, sortableTime } from '../database/rows/time.js';
import { isForgotten, type Times } from './age.js';
import { readStates } from './cell-states.js';
import { copyId, partsOf } from './copy-id.js';
import type { NewEntry } from './entry.js';
import { append, head, type Store, storeOf } from './ledger.js';
import { inChunks } from './write-rows.js';

/** The maximum number of actions, or of entries without a copied row, that one transaction deletes. */
const STEP = 100;
/** The pause between two transactions, in milliseconds. */
const PAUSE = 100;

/** An integer as a database returns it. */
type DatabaseInteger = number | string;
type TimesRow = Times & { readonly id: DatabaseInteger };
type ActionRow = TimesRow & { readonly position: DatabaseInteger; readonly instance_uuid: string | null };

/** The rows of one cell and epoch, and the entries, that one transaction deletes. */
interface RowsToDelete {
  readonly table?: 'copied_instance_actions' | 'copied_instances';
  readonly cell: number;
  readonly epoch: number;
  readonly ids: readonly number[];
  /** The positions of the entries to delete. */
  readonly positions: readonly number[];
  /** The last position of the record before the rows were read. */
  readonly readAt: number;
}

/** The error if the recorder has changed a row since the retention has read it. */
class RowChanged extends Error {}

/** Deletes old actions and their entries, in small transactions, while it holds the lease `retention`. */
class RetentionRun {
  private readonly source: Store;

  constructor(
    private readonly store: Database,
    private readonly lease: HeldLease,
    private readonly horizon: RawTime,
    private readonly pause: number,
  ) {
    this.source = storeOf(store);
  }

  async run(): Promise<void> {
    for (const { number: cell, epoch: last } of await readStates(this.source)) {
      for (let epoch = 0; epoch <= last; epoch += 1) {
        await this.forgetActions(cell, epoch);
        await this.forgetEvents(cell, epoch);
        await this.forgetServers(cell, epoch);
      }
    }
    await this.forgetOthers();
  }

  /** Deletes the old actions of an epoch, by ascending id, until a page has only young ones. */
  private async forgetActions(cell: number, epoch: number): Promise<void> {
    for (let after = copyId({ cell, epoch, id: 0 }); ;) {
      const readAt = (await head(this.source)).position;
      const page = await this.page<ActionRow>('copied_instance_actions', 'start_time, finish_time', after);
      const own = page.filter(({ id }) => isIn(Number(id), cell, epoch));
      const events = await inChunks(
        own.map(({ id }) => Number(id)),
        (ids, marks) =>
          this.source.query<TimesRow[]>(
            `SELECT action_id AS id, MAX(created_at) AS created_at, MAX(updated_at) AS updated_at,
            MAX(start_time) AS start_time, MAX(finish_time) AS finish_time
          FROM copied_instance_actions_events WHERE action_id IN (${marks}) GROUP BY action_id`,
            ids,
          ),
      );
      const ofEvents = new Map(events.map((row) => [Number(row.id), row]));
      const old = own.filter((row) => isForgotten([row, ofEvents.get(Number(row.id)) ?? row], this.horizon));
      await this.deleteRows({ table: 'copied_instance_actions', cell, epoch, readAt }, old);
      if (old.length === 0 || own.length < PAGE) return;
      after = Number(own.at(-1)?.id);
    }
  }

  /** Deletes the old events without an entry: the recorder did not copy their actions, because these are too old. */
  private async forgetEvents(cell: number, epoch: number): Promise<void> {
    for (let after = copyId({ cell, epoch, id: 0 }); ;) {
      const page = await this.source.query<(TimesRow & { readonly touched: DatabaseInteger })[]>(
        `SELECT id, touched, created_at, updated_at, start_time, finish_time FROM copied_instance_actions_events
         WHERE id > ? ORDER BY id LIMIT ${PAGE}`,
        [after],
      );
      const own = page.filter(({ id }) => isIn(Number(id), cell, epoch));
      const old = own.filter((row) => isForgotten([row], this.horizon));
      const ids = old.filter(({ touched }) => Number(touched) === 0).map(({ id }) => Number(id));
      if (ids.length > 0) {
        await this.store.write(async (manager) => {
          await this.lease.fence(manager);
          await deleteIn(manager, 'copied_instance_actions_events', 'id', ids, 'touched = 0');
        });
        await sleep(this.pause);
      }
      if (old.length === 0 || own.length < PAGE) return;
      after = Number(own.at(-1)?.id);
    }
  }

  /** Deletes the facts of servers that Nova has deleted long ago, and that have no actions in the copy any more. */
  private async forgetServers(cell: number, epoch: number): Promise<void> {
    for (let after = copyId({ cell, epoch, id: 0 }); ;) {
      const readAt = (await head(this.source)).position;
      const columns =
        'server_uuid AS instance_uuid, deleted, launched_at AS start_time, terminated_at AS finish_time';
      const page = await this.page<ActionRow & { readonly deleted: DatabaseInteger }>(
        'copied_instances',
        columns,
        after,
      );
      const own = page.filter(({ id }) => isIn(Number(id), cell, epoch));
      const deleted = own.filter((row) => Number(row.deleted) !== 0 && isForgotten([row], this.horizon));
      const busy = await inChunks(
        deleted.map((row) => row.instance_uuid),
        (uuids, marks) =>
          this.source.query<{ instance_uuid: string }[]>(
            `SELECT DISTINCT instance_uuid FROM copied_instance_actions WHERE instance_uuid IN (${marks})`,
            uuids,
          ),
      );
      const withActions = new Set(busy.map((row) => row.instance_uuid.toLowerCase()));
      const old = deleted.filter((row) => !withActions.has(row.instance_uuid?.toLowerCase() ?? ''));
      await this.deleteRows({ table: 'copied_instances', cell, epoch, readAt }, old);
      if (own.length < PAGE) return;
      after = Number(own.at(-1)?.id);
    }
  }

  /**
   * Deletes old entries without a row in the copy: entries about the own store's actions, and entries about several
   * rows.
   */
  private async forgetOthers(): Promise<void> {
    type Row = Readonly<Record<'position' | 'cell', DatabaseInteger>> &
      Readonly<Record<'kind' | 'recorded_at', string>>;
    for (let after = 0; ;) {
      const page = await this.source.query<Row[]>(
        `SELECT position, cell, kind, recorded_at FROM entries WHERE position > ? ORDER BY position LIMIT ${PAGE}`,
        [after],
      );
      const aged = page.filter((row) => sortableTime(row.recorded_at) < sortableTime(this.horizon));
      const old = aged.filter(
        ({ kind, cell }) => KINDS_WITHOUT_ROW.has(kind) || (Number(cell) === 0 && kind === 'action'),
      );
      for (let start = 0; start < old.length; start += STEP) {
        const positions = old.slice(start, start + STEP).map(({ position }) => Number(position));
        await this.delete({ cell: 0, epoch: 0, ids: [], positions, readAt: 0 });
      }
      if (aged.length < PAGE) return;
      after = Number(aged.at(-1)?.position);
    }
  }

  private page<Row>(table: string, columns: string, after: number): Promise<Row[]> {
    const more = table === 'copied_instances' ? columns : `instance_uuid, ${columns}`;
    return this.source.query<Row[]>(
      `SELECT id, position, created_at, updated_at, ${more} FROM ${table} WHERE id > ? ORDER BY id LIMIT ${PAGE}`,
      [after],
    );
  }

  /** Deletes rows of the copy with their entries. */
  private async deleteRows(
    of: Omit<RowsToDelete, 'ids' | 'positions'>,
    rows: readonly ActionRow[],
  ): Promise<void> {
    for (let start = 0; start < rows.length; start += STEP) {
      const some = rows.slice(start, start + STEP);
      const positions = await this.historyOf(some.map(({ position }) => Number(position)));
      await this.delete({ ...of, ids: some.map(({ id }) => Number(id)), positions });
    }
  }

  /** Returns the positions of the entries, and of all earlier entries about the same rows. */
  private async historyOf(newest: readonly number[]): Promise<number[]> {
    const all: number[] = [];
    for (let next = newest; next.length > 0;) {
      const rows = await inChunks(next, (positions, marks) =>
        this.source.query<{ position: DatabaseInteger; previous: DatabaseInteger | null }[]>(
          `SELECT position, previous FROM entries WHERE position IN (${marks})`,
          positions,
        ),
      );
      all.push(...rows.map(({ position }) => Number(position)));
      next = rows.flatMap(({ previous }) => (previous === null ? [] : Number(previous)));
    }
    return all;
  }

  /** Deletes rows and entries in one transaction, which also appends an entry. Skips rows that have changed. */
  private async delete(deleted: RowsToDelete): Promise<void> {
    try {
      await this.store.write(async (manager) => {
        await this.lease.fence(manager);
        await append(manager, [retentionEntry(deleted, this.horizon)]);
        await deleteIn(manager, 'entries', 'position', deleted.positions);
        const { table, ids, readAt } = deleted;
        if (table === undefined) return;
        if (table === 'copied_instance_actions') {
          await deleteIn(manager, 'copied_instance_actions_events', 'action_id', ids);
          await deleteOpen(manager, deleted);
        }
        if ((await deleteIn(manager, table, 'id', ids, `touched <= ${readAt}`)) < ids.length)
          throw new RowChanged();
      });
    } catch (error) {
      if (!(error instanceof RowChanged)) throw error;
    }
    await sleep(this.pause);
  }
}

/** The number of rows that are read at a time. */
const PAGE = 500;

/** The kinds of entries to which no row of the copy refers. */
const KINDS_WITHOUT_ROW: ReadonlySet<string> = new Set(['archived', 'purged', 'removed', 'unreadable']);

/**
 * Deletes the actions that are older than the horizon, the facts of deleted servers without actions, and their entries.
 * Each transaction is small, and appends an entry of the kind `retention`.
 *
 * @returns false if another process already does this
 */
export async function forgetOld(store: Database, horizon: RawTime, pause = PAUSE): Promise<boolean> {
  const lease = await new Lease('retention', onDatabase(store)).acquire();
  if (lease === undefined) return false;
  try {
    await new RetentionRun(store, lease, horizon, pause).run();
    return true;
  } finally {
    await lease.release();
  }
}

function isIn(id: number, cell: number, epoch: number): boolean {
  const parts = partsOf(id);
  return parts.cell === cell && parts.epoch === epoch;
}

async function deleteIn(
  manager: EntityManager,
  table: string,
  column: string,
  values: readonly number[],
  condition = 'TRUE',
): Promise<number> {
  const deleted = await inChunks(values, async (some, marks) => [
    await matchedRows(manager, `DELETE FROM ${table} WHERE ${column} IN (${marks}) AND ${condition}`, some),
  ]);
  return deleted.reduce((sum, count) => sum + count, 0);
}

/** Deletes the actions from `record_open`, the table of the actions that the recorder reads again until they finish. */
async function deleteOpen(manager: EntityManager, { cell, epoch, ids }: RowsToDelete): Promise<void> {
  const novaIds = ids.map((id) => partsOf(id).id);
  await deleteIn(manager, 'record_open', 'id', novaIds, `cell = ${cell} AND epoch = ${epoch}`);
}

function retentionEntry({ table, cell, epoch, ids, positions }: RowsToDelete, horizon: RawTime): NewEntry {
  const actions = table === 'copied_instance_actions' ? ids.length : 0;
  const key = { cell, epoch, novaId: null, serverUuid: null, projectId: null, previous: null };
  return { kind: 'retention', ...key, body: { horizon, actions, positions: rangesOf(positions) } };
}

function rangesOf(positions: readonly number[]): [first: number, last: number][] {
  const ranges: [number, number][] = [];
  for (const position of positions.toSorted((one, other) => one - other)) {
    const last = ranges.at(-1);
    if (last?.[1] === position - 1) last[1] = position;
    else ranges.push([position, position]);
  }
  return ranges;
}
