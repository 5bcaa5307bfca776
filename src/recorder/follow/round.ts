import { groupBy } from '../../common/group-by.js';
import { currentTime, type RawTime } from '../../database/rows/time.js';
import type { CellStateChange, RecordedChange } from '../../ledger/writer/record-writer.js';
import { type PerTable, type TableName, perTable, TABLE_NAMES } from '../../ledger/cells/cell-states.js';
import { type ActionBody, Place, type ServerBody } from '../../ledger/record/entry.js';
import type { NovaServer } from '../../ledger/record/nova-rows.js';
import { type CellContext, type WriteCompanion, queryStore } from '../cell-context.js';
import { changesOf } from '../changes/changes.js';
import { copiedEvents, copiedProjects } from '../../ledger/copy/copied-values.js';
import { searchSinceLastRound } from '../past/gap-search.js';
import { copyId } from '../../ledger/copy/copy-id.js';
import { ChangedServers } from './changed-servers.js';
import { Fingerprints } from './fingerprints.js';
import { IdBlocks } from './id-blocks.js';
import { OpenActions, progressOf } from './open-actions.js';
import { readOpenActions, sinceStart, writeOpenActions } from './open-table.js';
import { readRound, type RoundPlan, type RoundRows } from './round-rows.js';
import { Vanished } from './vanished.js';
import { Windows } from './windows.js';

/** A finished round. */
export interface RoundResult {
  /** The start of the last round that has read all new rows. The copy has all changes that Nova committed before. */
  readonly readAt: RawTime | null;
  /** The time in which the round read Nova, in milliseconds. */
  readonly spent: number;
  /** The end of the reading, on the clock of `performance.now()`. */
  readonly readUntil: number;
  /** The number of rows that the round read. */
  readonly rows: number;
  readonly openActions: number;
  /** The tables that have lost their rows with the highest ids: Nova's database may have been restored. */
  readonly suspect: readonly TableName[];
}

/**
 * The rounds of one cell. Each round reads the rows that may have changed, in one snapshot, and records the
 * differences.
 */
export class Rounds {
  private readonly blocks: Readonly<Record<TableName, IdBlocks>> = {
    actions: new IdBlocks(),
    events: new IdBlocks(),
    servers: new IdBlocks(),
  };
  private readonly windows: Windows;
  private readonly open: OpenActions;
  private readonly vanished: Vanished;
  private readonly changedServers: ChangedServers;
  private readonly fingerprints = new Fingerprints();
  /** The actions that the next round must read. */
  private again: number[] = [];
  private writtenAt = -Infinity;
  private readAt: RawTime | null;

  private constructor(private readonly cell: CellContext) {
    const { times, state } = cell;
    this.windows = new Windows(times, state.settled);
    this.open = new OpenActions(times);
    this.vanished = new Vanished(cell);
    this.readAt = state.readAt;
    const since = state.readAt ?? currentTime();
    this.changedServers = new ChangedServers(since, times.serversInterval, times.serversOverlap);
    cell.accompany((change) => this.accompany(change));
  }

  /**
   * Prepares the rounds. The first rounds compare the rows that may have changed since a process last recorded the
   * cell.
   */
  static async of(cell: CellContext): Promise<Rounds> {
    const rounds = new Rounds(cell);
    const stored = await queryStore(cell, (store) => readOpenActions(store, cell));
    for (const { id, changedAt } of stored) rounds.open.restore(id, changedAt);
    return rounds;
  }

  /**
   * Runs one round.
   *
   * @param limit the maximum number of new rows of a table
   * @param nearIds the maximum number of ids of a table that the round compares
   * @param latestStart the time after which the round is late, on the clock of `performance.now()`. Before a late
   * round, the recorder searches for rows that Nova has inserted and deleted since the previous round
   * @throws DatabaseUnavailable if the cell or the store does not respond; IdsReused; as `CellContext.write`
   */
  run(limit: number, nearIds: number, latestStart = Infinity): Promise<RoundResult> {
    return this.cell.exclusive(async () => {
      if (performance.now() > latestStart) await searchSinceLastRound(this.cell);
      const [now, startedAt] = [performance.now(), currentTime()];
      const { high } = this.cell.state;
      const plan: RoundPlan = {
        ...{ high, limit, blocks: this.blocks, windows: this.windows.of(high, now, nearIds) },
        actions: [...this.again, ...this.open.due(now, 2 * limit)],
        changedServers: this.changedServers.isDue(now) ? this.changedServers : undefined,
      };
      const rows = await this.cell.reader.snapshot((snapshot) => readRound(snapshot, plan));
      const spent = performance.now() - now;
      this.cell.hasRowsAbove = rows.hasRowsAbove;
      if (!rows.isCut) this.readAt = startedAt;
      const changed = await this.record(rows, now);
      this.remember(plan, rows, changed, now);
      this.again = [...(await this.actionsOf(rows.gone.events)), ...(await this.vanished.settle(now))];
      const { readAt } = this;
      return {
        ...{ readAt, spent, readUntil: now + spent, openActions: this.open.size, suspect: rows.missing },
        rows: rows.actions.length + rows.events.length + rows.servers.length,
      };
    });
  }

  /** Writes the entries of the rows that have changed. @returns these rows */
  private async record(rows: RoundRows, now: number): Promise<readonly (ActionBody | ServerBody)[]> {
    const bodies = bodiesOf(rows);
    const actions = bodies.actions.filter((body) => this.fingerprints.hasChanged(body));
    const servers = bodies.servers.filter((body) => this.fingerprints.hasChanged(body));
    const entries = await changesOf(
      this.cell,
      {
        ...{ head: Infinity, place: Place.main, servers: servers.map(({ server }) => server) },
        actions: actions.map(({ action }) => action),
        events: actions.flatMap(({ events }) => events),
        projects: await this.projectsOf(actions, rows.servers),
      },
      'action',
    );
    const changed = new Set(entries.flatMap(({ kind, novaId }) => (kind === 'action' ? [novaId] : [])));
    for (const body of bodies.actions) {
      const { id } = body.action;
      this.open.seen(id, progressOf(body), changed.has(id), now, lastChange(body));
    }
    for (const id of rows.gone.actions) this.open.forget(id);
    const state = { high: rows.high, settled: this.settled(now), readAt: this.readAt };
    if (entries.length > 0 || this.mustWrite(state, now)) {
      await this.cell.write({ entries, state });
      this.writtenAt = now;
    }
    return [...actions, ...servers];
  }

  /** Returns true if the state must be written although no row has changed. */
  private mustWrite({ high }: CellStateChange, now: number): boolean {
    const { state, times } = this.cell;
    const hasNewIds = TABLE_NAMES.some((table) => high?.[table] !== state.high[table]);
    return hasNewIds || now - this.writtenAt >= 10 * times.interval;
  }

  private settled(now: number): PerTable {
    const settled = this.windows.settled(now);
    return perTable((table) => Math.max(settled[table], this.cell.state.settled[table]));
  }

  /** Applies a round to the memory, after the store has committed it. */
  private remember(
    plan: RoundPlan,
    rows: RoundRows,
    changed: readonly (ActionBody | ServerBody)[],
    now: number,
  ): void {
    for (const body of changed) this.fingerprints.add(body);
    for (const table of TABLE_NAMES) {
      for (const { id, crc } of rows.sums[table]) this.blocks[table].set(id, crc);
      for (const id of rows.gone[table]) this.blocks[table].delete(id);
    }
    for (const id of rows.gone.actions) this.fingerprints.deleteAction(id);
    for (const window of rows.compared) this.windows.confirm(window);
    this.windows.add(rows.high, now);
    for (const table of TABLE_NAMES) {
      this.blocks[table].forgetBelow(this.windows.farStart(table, rows.high, now));
    }
    if (plan.changedServers !== undefined) this.changedServers.confirm(rows.changedServers, now);
    this.vanished.add(rows, now);
  }

  /** Returns the projects of the servers of actions. A server that has not changed is read from the copy. */
  private async projectsOf(
    actions: readonly ActionBody[],
    servers: readonly NovaServer[],
  ): Promise<Map<string, string | null>> {
    const projects = new Map(servers.map(({ uuid, project_id: project }) => [uuid ?? '', project]));
    const others = new Set(
      actions.flatMap(({ action: { instance_uuid: uuid } }) =>
        uuid === null || projects.has(uuid) ? [] : [uuid],
      ),
    );
    if (others.size === 0) return projects;
    const known = await queryStore(this.cell, (store) =>
      copiedProjects(store, this.cell.cell.number, [...others]),
    );
    return new Map([...projects, ...known]);
  }

  /** Returns the actions of events that Nova has deleted. */
  private async actionsOf(eventIds: readonly number[]): Promise<number[]> {
    if (eventIds.length === 0) return [];
    const { epoch } = this.cell;
    const copyIds = eventIds.map((id) => copyId({ cell: this.cell.cell.number, epoch, id }));
    const copied = await queryStore(this.cell, (store) => copiedEvents(store, 'id', copyIds));
    return [...new Set(copied.flatMap(({ event }) => event.action_id ?? []))];
  }

  /** Adds the changes of `record_open` to each write, also to writes of the past, so that no open action is lost. */
  private accompany({ entries, state }: RecordedChange): ReturnType<WriteCompanion> {
    for (const entry of entries) {
      if (entry.kind !== 'action' && entry.kind !== 'corrected') continue;
      const { action, place } = entry.body;
      if (place !== Place.main || this.open.has(action.id)) continue;
      this.open.seen(action.id, progressOf(entry.body), false, performance.now(), lastChange(entry.body));
    }
    const changes = this.open.changes((state?.settled ?? this.cell.state.settled).actions);
    if (changes.added.length + changes.removed.length === 0) return undefined;
    return {
      also: (manager) => writeOpenActions(manager, this.cell, changes),
      confirm: () => {
        this.open.confirm(changes);
      },
    };
  }
}

/** The rows of a round: the actions with their events, and the servers. */
interface Bodies {
  readonly actions: readonly ActionBody[];
  readonly servers: readonly ServerBody[];
}

function bodiesOf({ actions, events, servers }: RoundRows): Bodies {
  const byAction = groupBy(events, ({ action_id: id }) => id);
  const place = Place.main;
  return {
    actions: actions.map((action) => ({ action, events: byAction.get(action.id) ?? [], place })),
    servers: servers.map((server) => ({ server, place })),
  };
}

function lastChange({ action }: ActionBody): number {
  return sinceStart(action.updated_at ?? action.created_at ?? '');
}
