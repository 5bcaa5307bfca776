import type { PerTable, TableName } from '../../ledger/cells/cell-states.js';
import { isCopyable, MAX_ID } from '../../ledger/copy/copy-id.js';
import type { NovaAction, NovaEvent, NovaServer } from '../../ledger/record/nova-rows.js';
import { type CellSnapshot, type RowSum, withoutSum, type WithSum } from '../source/cell-reader.js';
import type { ChangedServer, ChangedServers } from './changed-servers.js';
import { BLOCK_SIZE, type IdBlocks } from './id-blocks.js';
import type { Window } from './windows.js';

/** The rows that a round must read. */
export interface RoundPlan {
  /** The highest ids that the recorder has read. */
  readonly high: PerTable;
  readonly windows: readonly Window[];
  readonly blocks: Readonly<Record<TableName, IdBlocks>>;
  /** The actions that the round reads again even if it detects no change. */
  readonly actions: readonly number[];
  /** Undefined if the servers that changed without an action are not read in this round. */
  readonly changedServers: ChangedServers | undefined;
  /** The maximum number of new rows of a table, and of ids whose rows are compared one by one. */
  readonly limit: number;
}

/** The rows that a round has read. */
export interface RoundRows {
  readonly actions: readonly NovaAction[];
  readonly events: readonly NovaEvent[];
  readonly servers: readonly NovaServer[];
  /** The ids of the rows that Nova has archived before a round could read them in the main tables. */
  readonly shadow: {
    readonly actions: readonly number[];
    readonly servers: readonly number[];
    /** The events, with the ids of their actions. */
    readonly events: readonly { readonly id: number; readonly action_id: number | null }[];
  };
  /** The ids of rows that are not in the main tables any more. */
  readonly gone: Readonly<Record<TableName, readonly number[]>>;
  readonly high: PerTable;
  /** True if a table has rows with ids above `MAX_ID`. */
  readonly hasRowsAbove: boolean;
  /** True if Nova has more new rows than the limit. The next rounds read the others. */
  readonly isCut: boolean;
  /**
   * The tables that, also in the shadow table, have neither the row with the highest known id nor a row above it.
   */
  readonly missing: readonly TableName[];
  /** The CRCs of the rows that were read. */
  readonly sums: Readonly<Record<TableName, readonly RowSum[]>>;
  /** The windows of which all rows were compared. */
  readonly compared: readonly Window[];
  readonly changedServers: readonly ChangedServer[];
}

/** The maximum number of archived rows in one statement. */
const SHADOW_PAGE = 500;

/** Reads what a round needs, on one snapshot. Has no other effect. */
export async function readRound(cell: CellSnapshot, plan: RoundPlan): Promise<RoundRows> {
  const reading = new RoundReading(cell, plan);
  await reading.readNewRows();
  await reading.compareWindows();
  return reading.finish();
}

/** The reading of one round: it first collects which rows have changed, and then reads whole rows in `finish`. */
class RoundReading {
  private readonly actions = new Map<number, WithSum<NovaAction>>();
  /** The ids of the actions, and the UUIDs of the servers, whose whole rows the round must read. */
  private readonly actionsToRead: Set<number>;
  private readonly serversToRead = new Set<string>();
  private readonly sums: Readonly<Record<TableName, RowSum[]>> = { actions: [], events: [], servers: [] };
  private readonly gone: Readonly<Record<TableName, number[]>> = { actions: [], events: [], servers: [] };
  private readonly high: Record<TableName, number>;
  private hasRowsAbove = false;
  private readonly missing: TableName[] = [];
  private isCut = false;
  private readonly compared: Window[] = [];
  private readonly shadow = { actions: [] as number[], servers: [] as number[], events: [] as NovaEvent[] };

  constructor(
    private readonly cell: CellSnapshot,
    private readonly plan: RoundPlan,
  ) {
    this.actionsToRead = new Set(plan.actions);
    this.high = { ...plan.high };
  }

  /** Reads the rows from the highest known id on. The row with this id comes first, if Nova still has it. */
  async readNewRows(): Promise<void> {
    const { high, limit } = this.plan;
    const actions = this.copyable(await this.cell.actionsFrom(high.actions, limit));
    const events = this.copyable(await this.cell.eventKeysFrom(high.events, limit));
    const servers = this.copyable(await this.cell.serverKeysFrom(high.servers, limit));
    this.isCut = [actions, events, servers].some(({ length }) => length >= limit);
    for (const row of actions) if (this.isNewOrChanged('actions', row)) this.actions.set(row.id, row);
    for (const row of events) if (this.isNewOrChanged('events', row)) this.mustReadAction(row.action_id);
    for (const row of servers) if (this.isNewOrChanged('servers', row)) this.serversToRead.add(row.uuid);
    const shadow = {
      actions: await this.archived('actions', actions),
      events: await this.archived('events', events),
      servers: await this.archived('servers', servers),
    };
    this.shadow.actions = shadow.actions.map(({ id }) => id);
    this.shadow.servers = shadow.servers.map(({ id }) => id);
    this.shadow.events = shadow.events as NovaEvent[];
  }

  /** Returns the rows with ids that fit into the copy. Sets `hasRowsAbove` if there are others. */
  private copyable<Row extends RowSum>(rows: readonly Row[]): Row[] {
    const copyable = rows.filter(isCopyable);
    this.hasRowsAbove ||= copyable.length < rows.length;
    return copyable;
  }

  /** Compares the sums of the windows, and reads the CRCs of the rows in the blocks that differ. */
  async compareWindows(): Promise<void> {
    const left = { actions: this.maxBlocks, events: this.maxBlocks, servers: this.maxBlocks };
    for (const window of this.plan.windows) {
      const { table, from, to } = window;
      const sums = await this.cell.blockSums({ table, isShadow: false }, BLOCK_SIZE, from, to);
      const differing = this.plan.blocks[table].differing(sums, from, to);
      const read = differing.slice(0, left[table]);
      left[table] -= read.length;
      if (read.length === differing.length) this.compared.push(window);
      for (const block of read) {
        const [start, end] = [block * BLOCK_SIZE, Math.min((block + 1) * BLOCK_SIZE, to)];
        await this.compareRows(table, Math.max(start, from), end);
      }
    }
  }

  /** Reads the whole rows that are new or have changed, with the events and the servers of the actions. */
  async finish(): Promise<RoundRows> {
    const others = [...this.actionsToRead].filter((id) => !this.actions.has(id));
    for (const row of await this.cell.actions(others)) this.actions.set(row.id, row);
    this.gone.actions.push(...others.filter((id) => !this.actions.has(id)));
    const actions = [...this.actions.values()];
    const events = await this.cell.eventsOf([...this.actions.keys()]);
    const changedServers = (await this.plan.changedServers?.read(this.cell)) ?? [];
    const servers = await this.readServers(actions, changedServers);
    this.addSums('actions', actions);
    this.addSums('events', events);
    this.addSums('servers', servers);
    return {
      ...{
        actions: actions.map(withoutSum),
        events: events.map(withoutSum),
        servers: servers.map(withoutSum),
      },
      ...{ shadow: this.shadow, gone: this.gone, high: this.high, missing: this.missing },
      ...{ hasRowsAbove: this.hasRowsAbove, isCut: this.isCut },
      ...{ sums: this.sums, compared: this.compared, changedServers },
    };
  }

  /** Reads the servers that are new or have changed, and those of the actions that have changed. */
  private async readServers(
    actions: readonly WithSum<NovaAction>[],
    changed: readonly ChangedServer[],
  ): Promise<WithSum<NovaServer>[]> {
    for (const row of actions) {
      if (row.instance_uuid !== null && this.differs('actions', row))
        this.serversToRead.add(row.instance_uuid);
    }
    const servers = await this.cell.servers([...this.serversToRead]);
    const read = new Set(servers.map(({ id }) => id));
    const others = changed.map(({ id }) => id).filter((id) => !read.has(id));
    return [...servers, ...(await this.cell.serversById([...new Set(others)]))];
  }

  private get maxBlocks(): number {
    return Math.max(1, Math.floor(this.plan.limit / BLOCK_SIZE));
  }

  /**
   * Notes the id and the CRC of a row. Returns true if the row is new, or if it is the row with the highest known id
   * and has changed.
   */
  private isNewOrChanged(table: TableName, row: RowSum): boolean {
    this.high[table] = Math.max(this.high[table], row.id);
    this.addSums(table, [row]);
    return this.differs(table, row);
  }

  private differs(table: TableName, row: RowSum): boolean {
    return this.plan.blocks[table].compare([row], row.id, row.id + 1).changed.length > 0;
  }

  /** Reads the archived rows from the highest known id on. @param main the rows of the main table from this id on */
  private async archived(
    table: TableName,
    main: readonly { readonly id: number }[],
  ): Promise<{ readonly id: number }[]> {
    const { high, limit } = this.plan;
    const rows = await this.shadowRows(table, high[table] - 1);
    if (rows.length === 0 && main.length === 0 && high[table] > 0) this.missing.push(table);
    const above = rows.filter(({ id }) => id > high[table]);
    // While Nova has more new rows than the limit, the next rounds read the others, and the archived ones among them.
    const isCut = main.length === limit;
    const read = isCut ? above.filter(({ id }) => id <= this.high[table]) : above;
    for (const { id } of read) this.high[table] = Math.max(this.high[table], id);
    return read;
  }

  /** Reads all archived rows above an id. Usually the table has no such row. */
  private async shadowRows(table: TableName, above: number): Promise<{ readonly id: number }[]> {
    const rows: { readonly id: number }[] = [];
    for (let upTo = MAX_ID; ;) {
      const page = await this.cell.page({ table, isShadow: true }, above, upTo, SHADOW_PAGE);
      rows.push(...page);
      const lowest = page.at(-1)?.id;
      if (page.length < SHADOW_PAGE || lowest === undefined) return rows;
      upTo = lowest - 1;
    }
  }

  /** Compares the rows of a part of a block with the memory, and notes which rows must be read or are gone. */
  private async compareRows(table: TableName, from: number, to: number): Promise<void> {
    const rows = await this.cell.rowSums({ table, isShadow: false }, from, to);
    const { changed, gone } = this.plan.blocks[table].compare(rows, from, to);
    this.addSums(table, changed);
    for (const row of changed) {
      if (table === 'actions') this.mustReadAction(row.id);
      else if (table === 'events') this.mustReadAction(row.action_id);
      else if (row.uuid !== undefined) this.serversToRead.add(row.uuid);
    }
    if (table === 'actions') for (const id of gone) this.mustReadAction(id);
    else this.gone[table].push(...gone);
  }

  private mustReadAction(actionId: number | null | undefined): void {
    if (typeof actionId === 'number' && isCopyable({ id: actionId })) this.actionsToRead.add(actionId);
  }

  private addSums(table: TableName, rows: readonly RowSum[]): void {
    for (const { id, crc } of rows) this.sums[table].push({ id, crc });
  }
}
