import { personas } from '../../conformance/cases.js';
import { serialisedBuild, serialisedFlavor } from './objects.js';
import { randomActions } from './rows-actions.js';
import type { Random } from '../random.js';

/** A row of one of Nova's tables. Times are `YYYY-MM-DD HH:MM:SS` in UTC. */
export type NovaRow = Readonly<Record<string, string | number | null>>;

/** The name of a cell. */
export type Cell = 'cell0' | 'cell1' | 'cell2';

/** The rows of one database by table. Referenced tables come first, so that the rows can be inserted in this order. */
export type NovaTables = Record<string, NovaRow[]>;

/** The state of a server in Nova's databases; see {@link KINDS}. */
export type ServerKind = keyof typeof KINDS;

/** A server that requests can name. */
export interface RandomServer {
  readonly uuid: string;
  readonly kind: ServerKind;
  readonly projectId: string | null;
  /** The request ids of its actions in all cells, with those of soft-deleted actions. */
  readonly requestIds: readonly string[];
}

/** Random servers and their rows. */
export interface RandomRows {
  readonly servers: readonly RandomServer[];
  readonly databases: Readonly<Record<'api' | Cell, NovaTables>>;
}

/** The number of servers of each kind. */
const KINDS = {
  /** Running servers with a few actions. */
  usual: 40,
  /** Servers with more actions than the maximum size of a page. */
  busy: 1,
  /** Servers whose actions share request ids. */
  repeating: 3,
  /** Servers without actions. */
  idle: 3,
  /** Servers in cell0: Nova found no host for them. */
  unscheduled: 5,
  /** Deleted servers whose rows are still in the cell. */
  deleted: 8,
  /** Servers whose column `deleted` is NULL. */
  undecided: 2,
  /** Deleted and archived servers. Mappings and actions remain, but `instances` has no row. */
  purged: 4,
  /** Servers without a row in `instance_mappings`. */
  unmapped: 4,
  /** Servers with a build request, whose mapping has no cell yet. */
  building: 6,
  /** Servers that were deleted before they were built: the mapping has no cell, and the build request is deleted. */
  lost: 4,
  /** Servers that moved to another cell. A hidden row and actions remain in the first one. */
  moved: 4,
  /** Servers whose mapping names another project than their row in `instances`. Nova uses the row in `instances`. */
  strayed: 3,
  /** Servers without a project, as in rows from before Nova stored it. */
  unowned: 2,
};

/** The minimum and maximum number of actions of a server in each of its cells. The default is 1 to 16. */
const ACTION_COUNTS: Partial<Record<ServerKind, readonly [number, number]>> = {
  usual: [1, 45],
  // More than a page of 1,000 even without the soft-deleted ones.
  busy: [1_250, 1_250],
  repeating: [20, 40],
  idle: [0, 0],
};

const PROJECTS = [...new Set(Object.values(personas).map(({ project_id }) => project_id ?? ''))].filter(
  (id) => id !== '',
);
const CELLS: readonly Cell[] = ['cell1', 'cell2'];
const NAMES = ['web', 'db', 'größe', '計算', "o'server", ''];

/** Returns rows for about 2,500 actions of some 90 servers. */
export function randomRows(random: Random): RandomRows {
  const builder = new RowsBuilder(random);
  const servers = Object.entries(KINDS).flatMap(([kind, count]) =>
    Array.from({ length: count }, () => builder.server(kind as ServerKind)),
  );
  return { servers, databases: builder.databases };
}

class RowsBuilder {
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
      // The name of the cell: `loadNovaRows` replaces it with the id.
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
    const count = random.int(...(ACTION_COUNTS[kind] ?? [1, 16]));
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

  /** Returns the next id in a cell. Rows of different cells have the same ids, as in a real Nova. */
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
