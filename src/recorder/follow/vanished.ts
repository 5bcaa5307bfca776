import { copyId, MAX_ID, partsOf } from '../../ledger/copy/copy-id.js';
import { type NewEntry, Place } from '../../ledger/record/entry.js';
import type { NovaAction, NovaEvent, NovaServer } from '../../ledger/record/nova-rows.js';
import { type CellContext, type KnownRow, queryStore } from '../cell-context.js';
import { changesOf } from '../changes/changes.js';
import { copiedEvents, copiedProjects, copiedRows } from '../../ledger/copy/copied-values.js';
import { vanishedEntries, type VanishedRow } from '../changes/entries.js';
import type { RoundRows } from './round-rows.js';

type VanishingTable = 'actions' | 'servers';

/** The maximum number of rows of a table for which one call searches. */
const MAX_ROWS = 200;

/** The rows for which the recorder searches the main tables, and then the shadow tables. */
interface Search {
  readonly ids: Readonly<Record<VanishingTable, readonly number[]>>;
  readonly known: Readonly<Record<VanishingTable, ReadonlyMap<number, KnownRow>>>;
  /** The UUIDs of the servers in the copy, by table and by Nova's id of the row. */
  readonly uuids: Readonly<Record<VanishingTable, ReadonlyMap<number, string | null>>>;
  readonly eventIds: readonly number[];
}

interface Found {
  /** The ids of rows that are in the main tables. */
  readonly main: Readonly<Record<VanishingTable, ReadonlySet<number>>>;
  /** The rows that are in the shadow tables. */
  readonly actions: readonly NovaAction[];
  readonly events: readonly NovaEvent[];
  readonly servers: readonly NovaServer[];
}

/**
 * The rows that the rounds no longer find in the main tables. Usually, Nova has archived or deleted them. But a Galera
 * node that lags behind, or a restored database, also has fewer rows. So the recorder records a row as removed only
 * after `rewindAfter`.
 */
export class Vanished {
  /** The times at which a round first did not find the rows, on the clock of `performance.now()`. */
  private readonly missingSince = { actions: new Map<number, number>(), servers: new Map<number, number>() };
  /** The ids of the rows for which the recorder has already searched the shadow tables. */
  private readonly searched = { actions: new Set<number>(), servers: new Set<number>() };
  /** The ids of archived events that the recorder has not read in the main table, by the ids of their actions. */
  private readonly archivedEvents = new Map<number, number[]>();

  constructor(private readonly cell: CellContext) {}

  /** Adds the rows that a round did not find, or that Nova archived before a round could read them. */
  add({ gone, shadow }: RoundRows, now: number): void {
    for (const table of ['actions', 'servers'] as const) {
      for (const id of [...gone[table], ...shadow[table]]) this.noteMissing(table, id, now);
    }
    for (const { id, action_id: actionId } of shadow.events) {
      if (actionId === null || actionId > MAX_ID) continue;
      this.archivedEvents.set(actionId, [...(this.archivedEvents.get(actionId) ?? []), id]);
      this.searched.actions.delete(actionId);
      this.noteMissing('actions', actionId, now);
    }
  }

  /**
   * Searches for rows, and records which of them Nova has archived or deleted. Call it inside of `exclusive`.
   *
   * @returns the ids of the actions that are in the main tables again
   */
  async settle(now: number): Promise<number[]> {
    const ids = { actions: this.due('actions', now), servers: this.due('servers', now) };
    if (ids.actions.length + ids.servers.length === 0) return [];
    const search = await this.prepare(ids);
    const found = await this.find(search);
    const removed = [
      ...this.removed('actions', search, found, now),
      ...this.removed('servers', search, found, now),
    ];
    const entries = await this.entriesOf(search, found, removed);
    if (entries.length > 0) await this.cell.write({ entries });
    for (const table of ['actions', 'servers'] as const) this.forget(table, ids[table], found, removed);
    return ids.actions.filter((id) => found.main.actions.has(id));
  }

  private noteMissing(table: VanishingTable, id: number, now: number): void {
    if (!this.missingSince[table].has(id)) this.missingSince[table].set(id, now);
  }

  /** Returns the rows for which the recorder has not searched yet, and the rows that were missing for `rewindAfter`. */
  private due(table: VanishingTable, now: number): number[] {
    const ids = [...this.missingSince[table].keys()];
    return ids
      .filter((id) => !this.searched[table].has(id) || this.isLate(table, id, now))
      .slice(0, MAX_ROWS);
  }

  private isLate(table: VanishingTable, id: number, now: number): boolean {
    return now - (this.missingSince[table].get(id) ?? now) >= this.cell.times.rewindAfter;
  }

  /** Reads the rows of the copy that the search and the entries need. */
  private async prepare(ids: Search['ids']): Promise<Search> {
    const { cell } = this.cell;
    const known = {
      actions: await this.cell.findKnown('actions', ids.actions),
      servers: await this.cell.findKnown('servers', ids.servers),
    };
    const copyIdsOf = (table: VanishingTable): number[] =>
      [...known[table]].map(([id, { epoch }]) => copyId({ cell: cell.number, epoch, id }));
    return queryStore(this.cell, async (source) => {
      const uuidsOf = async (table: VanishingTable, column: string): Promise<Map<number, string | null>> => {
        const rows = await copiedRows(source, table, [column], copyIdsOf(table));
        return new Map([...rows].map(([made, row]) => [partsOf(made).id, row[column] as string | null]));
      };
      const copied = await copiedEvents(source, 'action_id', copyIdsOf('actions'));
      const archived = ids.actions.flatMap((id) => this.archivedEvents.get(id) ?? []);
      return {
        ids,
        known,
        uuids: {
          actions: await uuidsOf('actions', 'instance_uuid'),
          servers: await uuidsOf('servers', 'server_uuid'),
        },
        eventIds: [...new Set([...copied.map(({ event }) => event.id), ...archived])].sort(
          (one, other) => one - other,
        ),
      };
    });
  }

  /** Reads the main tables before the shadow tables: a row that Nova moves meanwhile is found in one of them. */
  private find({ ids, eventIds }: Search): Promise<Found> {
    return this.cell.reader.snapshot(async (snapshot) => {
      const main = {
        actions: new Set((await snapshot.actions(ids.actions)).map(({ id }) => id)),
        servers: new Set((await snapshot.serversById(ids.servers)).map(({ id }) => id)),
      };
      const missing = (table: VanishingTable): number[] => ids[table].filter((id) => !main[table].has(id));
      return {
        main,
        actions: await snapshot.actions(missing('actions'), true),
        events: await snapshot.events(eventIds, true),
        servers: await snapshot.serversById(missing('servers'), true),
      };
    });
  }

  /** Returns the rows that have been absent from Nova's tables for at least `rewindAfter`. */
  private removed(
    table: VanishingTable,
    { ids, known, uuids }: Search,
    found: Found,
    now: number,
  ): VanishedRow[] {
    const present = new Set([...found.main[table], ...found[table].map(({ id }) => id)]);
    return ids[table]
      .filter((id) => !present.has(id) && this.isLate(table, id, now))
      .map((id) => ({
        ...{ table, id, epoch: known[table].get(id)?.epoch ?? -1 },
        serverUuid: uuids[table].get(id) ?? null,
      }));
  }

  /** Returns the entries of the rows that were found in the shadow tables, and of those that were removed. */
  private async entriesOf(
    { known }: Search,
    { actions, events, servers }: Found,
    removed: readonly VanishedRow[],
  ): Promise<NewEntry[]> {
    const uuids = [
      ...[...actions.map(({ instance_uuid: uuid }) => uuid), ...removed.map(({ serverUuid }) => serverUuid)],
      ...servers.map(({ uuid }) => uuid),
    ].filter((uuid) => uuid !== null);
    const projects = await queryStore(this.cell, (source) =>
      copiedProjects(source, this.cell.cell.number, [...new Set(uuids)]),
    );
    const rows = { head: Infinity, place: Place.shadow, actions, events, servers, projects } as const;
    const inMain = removed.filter(({ table, id }) => known[table].get(id)?.place === Place.main);
    return [
      ...(await changesOf(this.cell, rows, 'action')),
      ...vanishedEntries(this.cell, 'removed', inMain, projects),
    ];
  }

  /** Forgets the rows that were found or recorded as removed. The recorder searches for the others once more. */
  private forget(
    table: VanishingTable,
    ids: readonly number[],
    found: Found,
    removed: readonly VanishedRow[],
  ): void {
    const settled = new Set([...found.main[table], ...found[table].map(({ id }) => id)]);
    for (const row of removed) if (row.table === table) settled.add(row.id);
    for (const id of ids) {
      if (!settled.has(id)) {
        this.searched[table].add(id);
        continue;
      }
      this.missingSince[table].delete(id);
      this.searched[table].delete(id);
      if (table === 'actions') this.archivedEvents.delete(id);
    }
  }
}
