import type { Database } from '../../database/connection/database.js';
import type { Read } from '../../database/connection/snapshot.js';
import type { RawTime } from '../../database/rows/time.js';
import type { PerTable } from '../../ledger/cells/cell-states.js';
import { isCopyable } from '../../ledger/copy/copy-id.js';
import type { TableName } from '../../ledger/cells/cell-states.js';
import type { NovaAction, NovaEvent, NovaServer } from '../../ledger/record/nova-rows.js';
import type { BlockSum, CellReader, CellSnapshot, RowSum, WithSum } from './cell-reader.js';
import { ResultSize } from './result-size.js';
import { archivedFlavors } from './archived-flavors.js';
import { currentFlavor } from './flavor.js';
import type { SourceTable } from './nova-tables.js';
import * as statements from './statements.js';

/**
 * The maximum duration of a snapshot, in milliseconds. While a snapshot is open, InnoDB keeps the old versions of all
 * rows that change.
 */
const MAX_DURATION = 1_000;
/** The maximum numbers of ids and of UUIDs in one statement. */
const MAX_IDS = 500;
const MAX_UUIDS = 200;

/** Reads one cell from its database. */
export class DatabaseCellReader implements CellReader {
  private readonly size = new ResultSize();

  /** @param maxDuration the maximum duration of a snapshot, in milliseconds */
  constructor(
    private readonly database: Database,
    private readonly maxDuration = MAX_DURATION,
  ) {}

  snapshot<Result>(work: (cell: CellSnapshot) => Promise<Result>): Promise<Result> {
    return this.database.snapshot(performance.now() + this.maxDuration, (read) =>
      work(new DatabaseSnapshot(read, this.size)),
    );
  }
}

class DatabaseSnapshot implements CellSnapshot {
  bytes = 0;

  constructor(
    private readonly read: Read,
    private readonly size: ResultSize,
  ) {}

  async maxIds(isShadow = false): Promise<PerTable> {
    const [ids] = await this.rows<PerTable>(statements.maxIds(isShadow));
    return { actions: ids?.actions ?? 0, events: ids?.events ?? 0, servers: ids?.servers ?? 0 };
  }

  actionsFrom(id: number, limit: number): Promise<WithSum<NovaAction>[]> {
    return this.rows(statements.actionsFrom(id, limit));
  }

  eventKeysFrom(id: number, limit: number): Promise<(RowSum & { readonly action_id: number | null })[]> {
    return this.rows(statements.keysFrom('events', id, limit));
  }

  serverKeysFrom(id: number, limit: number): Promise<(RowSum & { readonly uuid: string })[]> {
    return this.rows(statements.keysFrom('servers', id, limit));
  }

  blockSums(source: SourceTable, size: number, from: number, to: number): Promise<BlockSum[]> {
    return this.rows(statements.blockSums(source, size, from, to));
  }

  rowSums(source: SourceTable, from: number, to: number): ReturnType<CellSnapshot['rowSums']> {
    return this.rows(statements.rowSums(source, from, to));
  }

  actions(ids: readonly number[], isShadow = false): Promise<WithSum<NovaAction>[]> {
    return inParts(
      ids.filter((id) => isCopyable({ id })),
      MAX_IDS,
      (part) => this.rows(statements.rowsById({ table: 'actions', isShadow }, part)),
    );
  }

  events(ids: readonly number[], isShadow = false): Promise<WithSum<NovaEvent>[]> {
    return inParts(ids, Math.min(MAX_IDS, this.size.maxRows), (part) =>
      this.rows(statements.rowsById({ table: 'events', isShadow }, part)),
    );
  }

  async serversById(ids: readonly number[], isShadow = false): Promise<WithSum<NovaServer>[]> {
    const rows = await inParts(ids, MAX_IDS, (part) =>
      this.rows<WithSum<NovaServer>>(statements.rowsById({ table: 'servers', isShadow }, part)),
    );
    return rows.map(withFlavor);
  }

  async servers(uuids: readonly string[]): Promise<WithSum<NovaServer>[]> {
    const rows = await inParts(uuids, MAX_UUIDS, (part) =>
      this.rows<WithSum<NovaServer>>(statements.serversByUuid(part)),
    );
    return rows.map(withFlavor);
  }

  async eventsOf(actionIds: readonly number[]): Promise<WithSum<NovaEvent>[]> {
    const events = await inParts(actionIds, MAX_IDS, (part) => this.eventsOfPart(part));
    return events.filter(isCopyable).sort((one, other) => one.id - other.id);
  }

  changedServers(
    since: RawTime,
    limit: number,
  ): Promise<{ readonly id: number; readonly updated_at: RawTime }[]> {
    return this.rows(statements.changedServers(since, limit));
  }

  page<Row extends { readonly id: number }>(
    source: SourceTable,
    above: number,
    upTo: number,
    limit: number,
  ): Promise<Row[]>;
  async page(source: SourceTable, above: number, upTo: number, limit: number): Promise<unknown[]> {
    if (source.table !== 'servers') return this.pageOf(source, above, upTo, limit);
    const rows = await this.pageOf<WithSum<NovaServer>>(source, above, upTo, limit);
    if (!source.isShadow) return rows.map(withFlavor);
    const flavors = await archivedFlavors((statement) => this.rows(statement), rows);
    return rows.map((row) => withFlavor({ ...row, flavor: flavors.get(row.uuid ?? '') ?? null }));
  }

  async firstId(source: SourceTable, from: number): Promise<number | undefined> {
    const [row] = await this.rows<{ id: number }>(statements.idsFrom(source, from));
    return row?.id;
  }

  async firstIdSince(table: TableName, above: number, age: number): Promise<number | undefined> {
    const [row] = await this.rows<{ id: number }>(statements.idsSince(table, above, Math.ceil(age / 1_000)));
    return row?.id;
  }

  private async pageOf<Row extends { readonly id: number }>(
    source: SourceTable,
    above: number,
    upTo: number,
    limit: number,
  ): Promise<Row[]> {
    const rows: Row[] = [];
    for (let next = upTo; rows.length < limit;) {
      const count = Math.min(limit - rows.length, this.size.maxRows);
      const found = await this.rows<Row>(statements.page(source, above, next, count));
      for (const row of found) rows.push(row);
      const lowest = found.at(-1);
      if (found.length < count || lowest === undefined) break;
      next = lowest.id - 1;
    }
    return rows;
  }

  /** Reads the events of some actions, at most `ResultSize.maxRows` a statement. */
  private async eventsOfPart(actionIds: readonly number[]): Promise<WithSum<NovaEvent>[]> {
    const events: WithSum<NovaEvent>[] = [];
    let rest = [...actionIds].sort((one, other) => one - other);
    while (rest.length > 0) {
      let limit = this.size.maxRows;
      let rows = await this.rows<WithSum<NovaEvent>>(statements.eventsOf(rest, limit));
      const isCut = rows.length === limit;
      const last = rows.at(-1)?.action_id ?? 0;
      for (;;) {
        for (const row of rows) events.push(row);
        if (rows.length < limit) break;
        limit = this.size.maxRows;
        rows = await this.rows(statements.eventsOfAfter(last, rows.at(-1)?.id ?? 0, limit));
      }
      rest = isCut ? rest.filter((id) => id > last) : [];
    }
    return events;
  }

  private async rows<Row extends object>({ sql, values }: statements.Statement): Promise<Row[]> {
    const rows = await this.read<Row & Partial<Record<string, unknown>>>(sql, values);
    this.bytes += this.size.add(rows);
    return rows.map(withNumbers);
  }
}

/** The columns of which a value may be above 2³¹. The driver returns such a value as a text if the type is bigint. */
const BIG_NUMBERS = ['id', 'action_id', 'block', 'count', 'sum', 'actions', 'events', 'servers'];

function withNumbers<Row extends Partial<Record<string, unknown>>>(row: Row): Row {
  const texts = BIG_NUMBERS.filter((column) => typeof row[column] === 'string');
  if (texts.length === 0) return row;
  return { ...row, ...Object.fromEntries(texts.map((column) => [column, Number(row[column])])) };
}

function withFlavor(row: WithSum<NovaServer>): WithSum<NovaServer> {
  return { ...row, flavor: currentFlavor(row.flavor) };
}

async function inParts<Item, Row>(
  items: readonly Item[],
  size: number,
  read: (part: readonly Item[]) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let start = 0; start < items.length; start += size) {
    for (const row of await read(items.slice(start, start + size))) rows.push(row);
  }
  return rows;
}
