import { personas } from '../../conformance/cases.js';
import { serialisedBuild, serialisedFlavor } from './objects.js';
import { randomActions } from './rows-actions.js';
import type { Random } from '../random.js';

/** A row of one of Nova's tables; times as `YYYY-MM-DD HH:MM:SS`. */
export type NovaRow = Readonly<Record<string, string | number | null>>;

export type Cell = 'cell0' | 'cell1' | 'cell2';

/** The rows of one database, table by table, in an order in which they can be inserted. */
export type NovaTables = Record<string, NovaRow[]>;

/** How a server is kept; see {@link KINDS}. */
export type ServerKind = keyof typeof KINDS;

/** A server to ask about. */
export interface RandomServer {
  readonly uuid: string;
  readonly kind: ServerKind;
  readonly projectId: string | null;
  /** Of its actions, wherever they are, soft-deleted ones included. */
  readonly requestIds: readonly string[];
}

/** Random servers, and the rows that make them. */
export interface RandomRows {
  readonly servers: readonly RandomServer[];
  readonly databases: Readonly<Record<'api' | Cell, NovaTables>>;
}

/** How many servers there are of each kind, and what sets them apart. */
const KINDS = {
  /** Scheduled, running, with a few actions. */
  usual: 40,
  /** With more actions than a page may hold. */
  busy: 1,
  /** With actions that share their request ids. */
  repeating: 3,
  /** No actions at all. */
  idle: 3,
  /** Could be scheduled nowhere: in cell0. */
  unscheduled: 5,
  /** Deleted, its row still there. */
  deleted: 8,
  /** `deleted` is NULL. */
  undecided: 2,
  /** Deleted and archived: its mapping leads to a cell that knows it no more, though its actions are there. */
  purged: 4,
  /** No mapping leads to it. */
  unmapped: 4,
  /** Mapped to no cell yet, with a build request. */
  building: 6,
  /** Mapped to no cell, and deleted before it was built: its build request is gone. */
  lost: 4,
  /** Left a hidden record behind, with actions, when it moved to another cell. */
  moved: 4,
  /** The mapping names another project than the server's own row, which counts. */
  strayed: 3,
  /** Of no project: from before projects were written down. */
  unowned: 2,
};

/** At least and at most so many actions has a server, in each cell that has any; one to sixteen if it is not said. */
const ACTIONS: Partial<Record<ServerKind, readonly [number, number]>> = {
  usual: [1, 45],
  // With the soft-deleted ones, which do not count.
  busy: [1_250, 1_250],
  repeating: [20, 40],
  idle: [0, 0],
};

const PROJECTS = [...new Set(Object.values(personas).map(({ project_id }) => project_id ?? ''))].filter(
  (id) => id !== '',
);
const CELLS: readonly Cell[] = ['cell1', 'cell2'];
const NAMES = ['web', 'db', 'größe', '計算', "o'server", ''];

/** Makes rows for about 2,500 actions of some 90 servers. */
export function randomRows(random: Random): RandomRows {
  const world = new World(random);
  const servers = Object.entries(KINDS).flatMap(([kind, count]) =>
    Array.from({ length: count }, () => world.server(kind as ServerKind)),
  );
  return { servers, databases: world.databases };
}

class World {
  readonly databases: Record<'api' | Cell, NovaTables> = {
    api: { instance_mappings: [], build_requests: [] },
    cell0: emptyCell(),
    cell1: emptyCell(),
    cell2: emptyCell(),
  };
  private readonly lastId: Record<Cell, number> = { cell0: 0, cell1: 0, cell2: 0 };

  constructor(private readonly random: Random) {}

  server(kind: ServerKind): RandomServer {
    const { random } = this;
    const uuid = random.uuid();
    const projectId = kind === 'unowned' ? null : random.pick(PROJECTS);
    const cell = kind === 'unscheduled' ? 'cell0' : random.pick(CELLS);
    const isMapped = kind !== 'unmapped';
    const hasCell = kind !== 'building' && kind !== 'lost';
    if (isMapped) {
      const mappedProject = kind === 'strayed' ? random.pick(PROJECTS) : projectId;
      this.map(uuid, hasCell ? cell : null, mappedProject ?? '', kind === 'deleted' || kind === 'lost');
    }
    if (kind === 'building') this.build(uuid, projectId ?? '');
    if (hasCell && kind !== 'purged') this.instance(uuid, kind, projectId, cell);
    const requestIds = this.actions(uuid, kind, projectId, cell);
    if (kind === 'moved') {
      const other = cell === 'cell1' ? 'cell2' : 'cell1';
      this.instance(uuid, kind, projectId, other, { hidden: 1 });
      requestIds.push(...this.actions(uuid, kind, projectId, other));
    }
    return { uuid, kind, projectId, requestIds };
  }

  private map(uuid: string, cell: Cell | null, projectId: string, queuedForDelete: boolean): void {
    const { random } = this;
    this.databases.api['instance_mappings']?.push({
      created_at: '2025-01-01 00:00:00',
      instance_uuid: uuid,
      // Names, until they are loaded.
      cell_id: cell,
      project_id: projectId,
      user_id: random.orNull(0.2, random.hex(32)),
      queued_for_delete: queuedForDelete ? 1 : 0,
    });
  }

  private build(uuid: string, projectId: string): void {
    this.databases.api['build_requests']?.push({
      created_at: '2025-01-01 00:00:00',
      instance_uuid: uuid,
      project_id: projectId,
      instance: serialisedBuild(uuid, projectId),
    });
  }

  private instance(
    uuid: string,
    kind: ServerKind,
    projectId: string | null,
    cell: Cell,
    more: NovaRow = {},
  ): void {
    const { random } = this;
    const tables = this.databases[cell];
    const id = this.nextId(cell);
    const deleted = kind === 'undecided' ? null : kind === 'deleted' ? id : 0;
    tables['instances']?.push({
      id,
      uuid,
      deleted,
      deleted_at: deleted === id ? '2025-03-01 00:00:00' : null,
      created_at: random.orNull(0.1, '2025-01-01 00:00:00'),
      project_id: projectId,
      user_id: random.orNull(0.1, random.hex(32)),
      display_name: random.orNull(0.1, `${random.pick(NAMES)} ${random.hex(6)}`),
      host: random.orNull(0.3, 'compute-1'),
      vm_state: cell === 'cell0' ? 'error' : 'active',
      power_state: 1,
      hidden: random.orNull(0.1, 0),
      ...more,
    });
    tables['instance_extra']?.push({ instance_uuid: uuid, deleted: 0, flavor: serialisedFlavor() });
    tables['instance_info_caches']?.push({ instance_uuid: uuid, deleted: 0, network_info: '[]' });
  }

  private actions(uuid: string, kind: ServerKind, projectId: string | null, cell: Cell): string[] {
    const { random } = this;
    const count = random.int(...(ACTIONS[kind] ?? [1, 16]));
    const { actions, events } = randomActions(random, {
      uuid,
      projectId,
      projects: PROJECTS,
      count,
      repeat: kind === 'repeating',
      nextId: () => this.nextId(cell),
    });
    const tables = this.databases[cell];
    tables['instance_actions']?.push(...actions);
    tables['instance_actions_events']?.push(...events);
    return actions.flatMap(({ request_id: id }) => (typeof id === 'string' ? [id] : []));
  }

  /** The same ids in all cells, as it is in a real Nova. */
  private nextId(cell: Cell): number {
    this.lastId[cell] += this.random.int(1, 3);
    return this.lastId[cell];
  }
}

function emptyCell(): NovaTables {
  return {
    instances: [],
    instance_extra: [],
    instance_info_caches: [],
    instance_actions: [],
    instance_actions_events: [],
  };
}
