import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import type { Database } from '../../database/connection/database.js';
import type { HeldLease } from '../../database/own-store/lease.js';
import { matchedRows } from '../../database/rows/changes.js';
import type { RawTime } from '../../database/rows/time.js';
import { partsOf } from '../copy/copy-id.js';
import { aboutSeveral } from '../record/entry.js';
import { append, type DatabaseInteger, type Store, storeOf } from '../record/record.js';
import { batchesOf, inChunks } from '../../database/rows/write-rows.js';
import { lockSearch } from '../search/progress.js';
import { deleteSearchRows } from '../search/write-search-rows.js';
import type { Part } from './pages.js';

/** The maximum number of actions, of servers, or of entries without a copied row that one transaction deletes. */
const STEP = 100;

/** The cell and the epoch of the store's own actions. */
export const OWN: Part = { cell: 0, epoch: 0 };

/** A row to delete, with the position of its last entry; null if it has no entry. */
export interface OldRow {
  readonly id: DatabaseInteger;
  readonly position: DatabaseInteger | null;
}

/** The error if the recorder has changed a row since the retention has read it. */
class RowChanged extends Error {}

/** Deletes rows and entries in small transactions, with a pause after each, while the process holds the lease. */
export class Deletion {
  readonly source: Store;

  constructor(
    private readonly store: Database,
    private readonly lease: HeldLease,
    readonly horizon: RawTime,
    private readonly pause: number,
  ) {
    this.source = storeOf(store);
  }

  /**
   * Deletes actions with their events and entries. Skips a step if the recorder has changed one of its rows.
   *
   * @param readAt the last position of the record before the rows were read
   */
  async actions({ cell, epoch }: Part, rows: readonly OldRow[], readAt: number): Promise<void> {
    for (const step of stepsOf(rows)) {
      const ids = step.map(({ id }) => Number(id));
      await this.withEntries({ cell, epoch }, step, ids.length, async (manager) => {
        await deleteIn(manager, 'copied_instance_actions_events', 'action_id', ids);
        // `record_open` has the actions that the recorder reads again until they finish.
        const novaIds = ids.map((id) => partsOf(id).id);
        await deleteIn(manager, 'record_open', 'id', novaIds, `cell = ${cell} AND epoch = ${epoch}`);
        await deleteUnchanged(manager, 'copied_instance_actions', ids, `touched <= ${readAt}`);
        await deleteSearchRows(manager, ids);
      });
    }
  }

  /** Deletes actions of the store itself with their events and entries. Skips a step if one of its actions has changed. */
  async ownActions(rows: readonly OldRow[]): Promise<void> {
    for (const step of stepsOf(rows)) {
      const ids = step.map(({ id }) => Number(id));
      const positions = await this.historyOf(step);
      await this.unlessChanged(async (manager) => {
        const isOld = `(updated_at IS NULL OR updated_at < '${this.horizon}')`;
        await deleteUnchanged(manager, 'instance_actions', ids, isOld);
        await deleteIn(manager, 'instance_actions_events', 'action_id', ids);
        for (const table of ['written_actions', 'written_events'])
          await deleteIn(manager, table, 'action_id', ids);
        // As in other transactions, the entry comes after the rows of modules, and before the search rows.
        await this.deleteEntries(manager, OWN, positions, ids.length);
        await deleteSearchRows(manager, ids);
      });
    }
  }

  /** Deletes the facts of servers with their entries. The parameters are those of `actions`. */
  async servers(part: Part, rows: readonly OldRow[], readAt: number): Promise<void> {
    for (const step of stepsOf(rows)) {
      const ids = step.map(({ id }) => Number(id));
      await this.withEntries(part, step, 0, (manager) =>
        deleteUnchanged(manager, 'copied_instances', ids, `touched <= ${readAt}`),
      );
    }
  }

  /** Deletes copied events that have no entry. */
  async stagedEvents(ids: readonly number[]): Promise<void> {
    for (const step of stepsOf(ids)) {
      await this.transaction(async (manager) => {
        await deleteIn(manager, 'copied_instance_actions_events', 'id', step, 'touched = 0');
      });
    }
  }

  /** Deletes entries without a row in the copy. */
  async entries(positions: readonly number[]): Promise<void> {
    for (const step of stepsOf(positions)) {
      await this.transaction((manager) => this.deleteEntries(manager, OWN, step, 0));
    }
  }

  private async withEntries(
    part: Part,
    rows: readonly OldRow[],
    actions: number,
    deleteRows: (manager: EntityManager) => Promise<void>,
  ): Promise<void> {
    const positions = await this.historyOf(rows);
    await this.unlessChanged(async (manager) => {
      await this.deleteEntries(manager, part, positions, actions);
      await deleteRows(manager);
    });
  }

  /** Runs a transaction. Does nothing if it throws `RowChanged`. */
  private async unlessChanged(work: (manager: EntityManager) => Promise<void>): Promise<void> {
    try {
      await this.transaction(work);
    } catch (error) {
      if (!(error instanceof RowChanged)) throw error;
    }
  }

  /** Returns the positions of all entries about rows. */
  private async historyOf(rowsToDelete: readonly OldRow[]): Promise<number[]> {
    const all: number[] = [];
    const newest = rowsToDelete.flatMap(({ position }) => (position === null ? [] : Number(position)));
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

  /** Deletes entries, and appends the entry that names their positions. */
  private async deleteEntries(
    manager: EntityManager,
    part: Part,
    positions: readonly number[],
    actions: number,
  ): Promise<void> {
    const body = { horizon: this.horizon, actions, positions: rangesOf(positions) };
    await append(manager, [{ ...aboutSeveral(part), kind: 'retention', body }]);
    await deleteIn(manager, 'entries', 'position', positions);
  }

  private async transaction(work: (manager: EntityManager) => Promise<void>): Promise<void> {
    await this.store.write(async (manager) => {
      await this.lease.fence(manager);
      // The indexer must not write the search rows of actions that this transaction deletes.
      await lockSearch(manager);
      await work(manager);
    });
    await sleep(this.pause);
  }
}

/** Deletes rows. @throws RowChanged if the condition, in SQL, is not true for one of them */
async function deleteUnchanged(
  manager: EntityManager,
  table: string,
  ids: readonly number[],
  condition: string,
): Promise<void> {
  if ((await deleteIn(manager, table, 'id', ids, condition)) < ids.length) throw new RowChanged();
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

function stepsOf<Item>(items: readonly Item[]): Item[][] {
  return batchesOf(items, { items: STEP, length: STEP }, () => 1);
}

/** Returns the ranges of consecutive positions. */
function rangesOf(positions: readonly number[]): [first: number, last: number][] {
  const ranges: [number, number][] = [];
  for (const position of positions.toSorted((one, other) => one - other)) {
    const last = ranges.at(-1);
    if (last?.[1] === position - 1) last[1] = position;
    else ranges.push([position, position]);
  }
  return ranges;
}
