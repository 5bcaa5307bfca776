import type { Random } from '../random.js';
import type { CloudCell } from './cloud.js';
import type { Change, Row, Table, Value } from './truth.js';

interface StepOfServer {
  readonly cell: CloudCell;
  readonly changes: readonly Change[];
  readonly isLate: boolean;
}

const FLAVOR = JSON.stringify({
  cur: {
    'nova_object.name': 'Flavor',
    'nova_object.data': {
      id: 7,
      name: 'm1.small',
      flavorid: '2',
      vcpus: 1,
      memory_mb: 2048,
      root_gb: 20,
      ephemeral_gb: 0,
    },
  },
});

/** A server that changes as Nova changes it. Its methods return the changes of the next transaction. */
export class SimulatedServer {
  readonly uuid: string;
  private readonly project: string;
  private readonly user: string;
  private id: number;
  private last: SimulatedAction | undefined;

  constructor(
    private readonly random: Random,
    public cell: CloudCell,
    private readonly clock: () => number,
  ) {
    this.uuid = random.uuid();
    this.project = random.hex(32);
    this.user = random.hex(32);
    this.id = cell.nextId('instances');
  }

  /** Returns the current time, in seconds since 1970. */
  now(): number {
    return this.clock();
  }

  step(changes: readonly Change[], isLate = false): StepOfServer {
    return { cell: this.cell, changes, isLate };
  }

  build(): Change[] {
    const { id } = this;
    const extra = this.cell.nextId('instance_extra');
    const row = {
      ...{ id, uuid: this.uuid, project_id: this.project, user_id: this.user },
      ...{ display_name: `server-${this.random.hex(6)}`, availability_zone: 'nova', instance_type_id: 7 },
      ...{ host: null, node: null, vm_state: 'building', task_state: 'scheduling', power_state: 0 },
      ...{ hidden: 0, locked: 0, locked_by: null, launched_at: null, terminated_at: null },
      ...{ created_at: timeText(this.now()), updated_at: null, deleted_at: null, deleted: 0 },
    };
    const extraRow = {
      ...{ id: extra, instance_uuid: this.uuid, flavor: FLAVOR, created_at: timeText(this.now()) },
      ...{ updated_at: null, deleted_at: null, deleted: 0 },
    };
    return [put('instances', row), put('instance_extra', extraRow)];
  }

  launch(): Change[] {
    const host = `host-${this.random.int(1, 9)}`;
    const launched = { host, node: host, launched_at: timeText(this.now()) };
    return this.change({ ...launched, vm_state: 'active', task_state: null, power_state: 1 });
  }

  delete(): Change[] {
    const time = timeText(this.now());
    return this.change({ vm_state: 'deleted', terminated_at: time, deleted_at: time, deleted: this.id });
  }

  change(columns: Readonly<Record<string, Value>>): Change[] {
    return this.changeIn(this.cell, this.id, columns);
  }

  action(name: string, requested: number): SimulatedAction {
    const id = this.cell.nextId('instance_actions');
    this.last = new SimulatedAction(this.clock, {
      ...{ id, action: name, instance_uuid: this.uuid, request_id: `req-${this.random.uuid()}` },
      ...{ user_id: this.user, project_id: this.project, message: null },
      ...{ start_time: timeText(requested), finish_time: null, created_at: null },
      ...{ updated_at: timeText(requested), deleted_at: null, deleted: 0 },
    });
    return this.last;
  }

  event(action: SimulatedAction, name: string): SimulatedEvent {
    return new SimulatedEvent(action, this.clock, {
      ...{ id: this.cell.nextId('instance_actions_events'), event: name, action_id: action.id },
      ...{ host: `host-${this.random.int(1, 9)}`, result: null, traceback: null, details: null },
      ...{ start_time: null, finish_time: null, created_at: null, updated_at: null },
      ...{ deleted_at: null, deleted: 0 },
    });
  }

  get lastAction(): SimulatedAction {
    if (this.last === undefined) throw new Error('the server has no action');
    return this.last;
  }

  /** Copies the server into another cell, hidden there, with new ids and the old times. */
  copyTo(target: CloudCell): Change[] {
    const ids = new Map<Value, number>();
    return this.cell.truth.rowsOf([this.id]).map(({ table, row }) => {
      const id = target.nextId(table);
      if (table === 'instance_actions') ids.set(row.id, id);
      const action =
        table === 'instance_actions_events' ? { action_id: ids.get(row['action_id'] ?? null) ?? null } : {};
      return put(table, { ...row, id, ...action, ...(table === 'instances' ? { hidden: 1 } : {}) });
    });
  }

  hide(cell: CloudCell, hidden: 0 | 1): Change[] {
    return this.changeIn(cell, this.idIn(cell), { hidden });
  }

  destroyIn(cell: CloudCell): Change[] {
    return cell.truth.rowsOf([this.idIn(cell)]).map(({ table, row }) => ({ table, id: row.id }));
  }

  /** Makes all further changes in the cell into which the server was copied. */
  moveTo(cell: CloudCell): void {
    this.id = this.idIn(cell);
    const request = this.last?.row['request_id'];
    const row = cell.truth.rowsOf([this.id]).findLast(({ table }) => table === 'instance_actions')?.row;
    this.cell = cell;
    this.last = row && new SimulatedAction(this.clock, row);
    if (this.last === undefined)
      throw new Error(`the server was moved without its action ${String(request)}`);
  }

  private idIn(cell: CloudCell): number {
    const row = cell.truth.rows('instances', false).find(({ uuid }) => uuid === this.uuid);
    if (row === undefined) throw new Error(`${cell.name} does not have the server ${this.uuid}`);
    return row.id;
  }

  private changeIn(cell: CloudCell, id: number, columns: Readonly<Record<string, Value>>): Change[] {
    const old = cell.truth.find('instances', id)?.row;
    if (old === undefined) throw new Error(`${cell.name} does not have the server ${id}`);
    return [put('instances', { ...old, updated_at: timeText(this.now()), ...columns })];
  }
}

/** An action of a simulated server. */
export class SimulatedAction {
  constructor(
    private readonly clock: () => number,
    public row: Row,
  ) {}

  get id(): number {
    return this.row.id;
  }

  begin(): Change[] {
    return this.put({ created_at: timeText(this.clock()) });
  }

  finish(): Change[] {
    const time = timeText(this.clock());
    return this.put({ finish_time: time, updated_at: time });
  }

  put(columns: Readonly<Record<string, Value>>): Change[] {
    this.row = { ...this.row, ...columns };
    return [put('instance_actions', this.row)];
  }
}

/** An event of a simulated action. `updatesAction` is false if Nova does not touch the action. */
export class SimulatedEvent {
  constructor(
    private readonly action: SimulatedAction,
    private readonly clock: () => number,
    private row: Row,
  ) {}

  begin(updatesAction = true): Change[] {
    const time = timeText(this.clock());
    return this.put({ start_time: time, created_at: time }, updatesAction ? { updated_at: time } : undefined);
  }

  finish(result: 'Success' | 'Error', updatesAction = true): Change[] {
    const time = timeText(this.clock());
    const traceback = result === 'Error' ? '  File "manager.py", line 1, in decorated\n' : null;
    const message = result === 'Error' ? { message: 'Error' } : {};
    return this.put(
      { finish_time: time, updated_at: time, result, traceback, details: traceback && 'Instance failed' },
      updatesAction ? { updated_at: time, ...message } : undefined,
    );
  }

  private put(
    columns: Readonly<Record<string, Value>>,
    ofAction: Readonly<Record<string, Value>> | undefined,
  ): Change[] {
    this.row = { ...this.row, ...columns };
    return [put('instance_actions_events', this.row), ...(ofAction ? this.action.put(ofAction) : [])];
  }
}

function put(table: Table, row: Row): Change {
  return { table, id: row.id, row };
}

function timeText(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 19).replace('T', ' ');
}
