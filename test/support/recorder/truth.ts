import { Place } from '../../../src/ledger/record/entry.js';

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>> & { readonly id: number };

/** The tables of Nova that the recorder copies, parents first. Each has a shadow table. */
export const TABLES = ['instances', 'instance_extra', 'instance_actions', 'instance_actions_events'] as const;
export type Table = (typeof TABLES)[number];

/** A change of one row. Without `row`, the row is deleted from the table where it is. */
export interface Change {
  readonly table: Table;
  readonly id: number;
  readonly row?: Row;
  /** True if the row is in the shadow table. */
  readonly isShadow?: boolean;
}

/** A committed transaction. Times are in milliseconds. */
export interface Commit {
  /** The time before the commit. No reader has seen its changes before. */
  readonly sent: number;
  /** The time after the commit. Each reader sees its changes from then on. */
  readonly done: number;
  /** True if the transaction was open for a while, so that others with higher ids were committed before. */
  readonly isLate: boolean;
}

/** An action with its events, or a server, after a commit. */
export interface Version extends Commit {
  readonly row: Row;
  /** The events of an action by ascending id; empty for a server. */
  readonly events: readonly Row[];
  /** `purged` and `removed`: the row does not exist any more, and `row` and `events` are its last values. */
  readonly place: Place;
}

/** All versions of one action or server. If Nova assigns an id again, another history begins. */
export interface History {
  readonly table: 'instances' | 'instance_actions';
  readonly id: number;
  readonly versions: Version[];
}

interface Stored {
  readonly row: Row;
  readonly isShadow: boolean;
}
type Stock = Readonly<Record<Table, ReadonlyMap<number, Stored>>>;

/** The columns that Nova never changes. Rows with one id that differ in them are different rows. */
const IDENTITY = {
  instances: ['uuid', 'created_at'],
  instance_actions: [
    ...['instance_uuid', 'request_id', 'action', 'user_id', 'project_id'],
    ...['start_time', 'created_at'],
  ],
};

/** The column that names the parent of a row: an action for events, a server for other rows. */
const PARENT = {
  instances: 'uuid',
  instance_extra: 'instance_uuid',
  instance_actions: 'instance_uuid',
  instance_actions_events: 'action_id',
};

/** The rows of one cell, and everything that was ever committed there. */
export class CellTruth {
  private readonly stock: Record<Table, Map<number, Stored>> = emptyStock();
  /** The ids of rows by table and parent: `instance_actions_events 57` are the events of the action 57. */
  private readonly children = new Map<string, Set<number>>();
  private readonly known = new Map<string, History>();
  /** The history to which the row with this id belongs now. */
  private readonly current = {
    instances: new Map<number, History>(),
    instance_actions: new Map<number, History>(),
  };

  /** The number of actions that were ever committed. */
  actionCount = 0;

  get histories(): readonly History[] {
    return [...this.known.values()];
  }

  find(table: Table, id: number): Stored | undefined {
    return this.stock[table].get(id);
  }

  rows(table: Table, isShadow: boolean): readonly Row[] {
    const found = [...this.stock[table].values()].filter((one) => one.isShadow === isShadow);
    return found.map(({ row }) => row).sort((one, other) => one.id - other.id);
  }

  /** Returns the events of an action (by its id), or the rows of a server (by its UUID), by ascending id. */
  childrenOf(table: Table, parent: Value): readonly Row[] {
    const ids = [...(this.children.get(`${table} ${parent}`) ?? [])].sort((one, other) => one - other);
    return ids.map((id) => this.row(table, id));
  }

  /** Adds a transaction. */
  apply(changes: readonly Change[], commit: Commit): void {
    const touched = { instances: new Map<number, boolean>(), instance_actions: new Map<number, boolean>() };
    for (const { table, id, row, isShadow = false } of changes) {
      const old = this.stock[table].get(id);
      if (old !== undefined) this.children.get(`${table} ${old.row[PARENT[table]]}`)?.delete(id);
      if (row === undefined) this.stock[table].delete(id);
      else this.put(table, { row, isShadow });
      if (table === 'instance_extra') continue;
      if (table === 'instance_actions_events') {
        const action = Number((row ?? old?.row)?.['action_id']);
        if (!touched.instance_actions.has(action)) touched.instance_actions.set(action, false);
      } else {
        touched[table].set(id, old?.isShadow ?? false);
      }
    }
    for (const table of ['instances', 'instance_actions'] as const) {
      for (const [id, wasShadow] of touched[table]) this.noteVersion(table, id, wasShadow, commit);
    }
  }

  /** Returns the rows of servers: parents first. */
  rowsOf(servers: readonly number[]): readonly { readonly table: Table; readonly row: Row }[] {
    const own = servers.flatMap((id) => this.find('instances', id)?.row ?? []);
    const of = (table: Table): Row[] => own.flatMap((row) => this.childrenOf(table, row['uuid'] ?? null));
    const actions = of('instance_actions');
    const events = actions.flatMap(({ id }) => this.childrenOf('instance_actions_events', id));
    const named = (table: Table, rows: readonly Row[]) => rows.map((row) => ({ table, row }));
    return [
      ...named('instances', own),
      ...named('instance_extra', of('instance_extra')),
      ...named('instance_actions', actions),
      ...named('instance_actions_events', events),
    ];
  }

  /** Returns the changes that archive servers. */
  moves(servers: readonly number[]): Change[] {
    return this.rowsOf(servers).map(({ table, row }) => ({ table, id: row.id, row, isShadow: true }));
  }

  /** Returns a copy of all rows, as a backup has them. */
  backup(): Stock {
    const copy = emptyStock();
    for (const table of TABLES) for (const [id, row] of this.stock[table]) copy[table].set(id, row);
    return copy;
  }

  /** Returns the changes that bring the rows of a backup back. */
  changesTo(backup: Stock): Change[] {
    return TABLES.flatMap((table) => {
      const now = this.stock[table];
      const lost = [...now.keys()].filter((id) => !backup[table].has(id)).map((id) => ({ table, id }));
      const back = [...backup[table]].filter(([id, stored]) => now.get(id) !== stored);
      return [...lost, ...back.map(([id, { row, isShadow }]) => ({ table, id, row, isShadow }))];
    });
  }

  private put(table: Table, stored: Stored): void {
    this.stock[table].set(stored.row.id, stored);
    const key = `${table} ${stored.row[PARENT[table]]}`;
    this.children.set(key, (this.children.get(key) ?? new Set()).add(stored.row.id));
  }

  private noteVersion(
    table: 'instances' | 'instance_actions',
    id: number,
    wasShadow: boolean,
    commit: Commit,
  ): void {
    const stored = this.stock[table].get(id);
    const before = this.current[table].get(id);
    const last = before?.versions.at(-1);
    const key = stored && `${table} ${id} ${IDENTITY[table].map((name) => stored.row[name]).join(' ')}`;
    let history = key === undefined ? before : this.known.get(key);
    if (before !== undefined && last !== undefined && history !== before) {
      before.versions.push({ ...last, place: Place.removed, ...commit });
    }
    if (history === undefined) {
      // During a purge, events may exist longer than their action.
      if (stored === undefined || key === undefined) return;
      history = { table, id, versions: [] };
      this.known.set(key, history);
      if (table === 'instance_actions') this.actionCount += 1;
    }
    this.current[table].set(id, history);
    if (stored === undefined) {
      const gone = history.versions.at(-1);
      if (gone === undefined || gone.place > Place.shadow) return;
      history.versions.push({ ...gone, place: wasShadow ? Place.purged : Place.removed, ...commit });
      return;
    }
    const events = table === 'instances' ? [] : this.childrenOf('instance_actions_events', id);
    const place = stored.isShadow ? Place.shadow : Place.main;
    history.versions.push({ row: stored.row, events, place, ...commit });
  }

  private row(table: Table, id: number): Row {
    const stored = this.stock[table].get(id);
    if (stored === undefined) throw new Error(`${table} has no row ${id}`);
    return stored.row;
  }
}

export type Backup = ReturnType<CellTruth['backup']>;

function emptyStock(): Record<Table, Map<number, Stored>> {
  return {
    instances: new Map(),
    instance_extra: new Map(),
    instance_actions: new Map(),
    instance_actions_events: new Map(),
  };
}
