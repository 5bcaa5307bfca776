import { personas } from '../../conformance/cases.js';
import { serialisedBuild, serialisedFlavor } from './objects.js';
import { randomActions } from './rows-actions.js';
import type { Random } from '../random.js';

/** A row of a table of Nova. Times are `YYYY-MM-DD HH:MM:SS` in UTC. */
export type NovaRow = Readonly<Record<string, string | number | null>>;

export type Cell = 'cell0' | 'cell1' | 'cell2';

/**
 * The rows of a database: table → rows. Each table comes after the tables that its foreign keys reference, so that rows
 * can be inserted in this order.
 */
export type NovaTables = Record<string, NovaRow[]>;

/** The state of a server in Nova's databases: a key of {@link KINDS}. */
export type ServerKind = keyof typeof KINDS;

/** A server in random rows, for the paths of requests. */
export interface RandomServer {
  readonly uuid: string;
  readonly kind: ServerKind;
  readonly projectId: string | null;
  /** The request ids of the server's actions in all cells. They include the request ids of soft-deleted actions. */
  readonly requestIds: readonly string[];
}

/** Random servers, and their rows in Nova's databases. */
export interface RandomRows {
  readonly servers: readonly RandomServer[];
  readonly databases: Readonly<Record<'api' | Cell, NovaTables>>;
}

/** The kinds of servers, and the number of servers of each kind. */
const KINDS = {
  /** Running servers with a few actions. */
  usual: 40,
  /** Servers with more actions than a page can contain. */
  busy: 1,
  /** Servers that have several actions with the same request id. */
  repeating: 3,
  /** Servers without actions. */
  idle: 12,
  /** Servers in cell0, because Nova found no host for them. */
  unscheduled: 5,
  /** Deleted servers that are not archived: their rows are still in the cell. */
  deleted: 8,
  /** Servers whose column `deleted` is NULL instead of a number. */
  undecided: 2,
  /**
   * Deleted and archived servers. Their rows in `instance_mappings` and their actions remain, but their rows in
   * `instances` do not.
   */
  purged: 4,
  /** Servers that have no row in `instance_mappings`. */
  unmapped: 4,
  /** Servers that Nova has not built yet. They have a build request, and their mapping has no cell. */
  building: 6,
  /**
   * Servers that were deleted before Nova built them. Their mapping has no cell, and their build request is deleted
   * too.
   */
  lost: 4,
  /** Servers that moved to another cell. The first cell still contains their actions and a hidden row. */
  moved: 4,
  /**
   * Servers whose row in `instance_mappings` names another project than their row in `instances`. Nova uses the project
   * in `instances`.
   */
  strayed: 3,
  /** Servers without a project. In old deployments, Nova did not store the project of a server. */
  unowned: 2,
};

/** The minimum and the maximum number of actions that a server has in one cell. The default is 1 to 16. */
const ACTION_COUNTS: Partial<Record<ServerKind, readonly [number, number]>> = {
  usual: [1, 45],
  // Even without the soft-deleted actions, these are more than fit on a page of 1,000.
  busy: [1_250, 1_250],
  repeating: [20, 40],
  idle: [0, 0],
};

const PROJECTS = [...new Set(Object.values(personas).map(({ project_id }) => project_id ?? ''))].filter(
  (id) => id !== '',
);
const CELLS: readonly Cell[] = ['cell1', 'cell2'];
const NAMES = ['web', 'db', 'größe', '計算', "o'server", ''];

/** Returns rows for about 2,500 actions of about 90 servers. */
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
      // This is the name of the cell. `loadNovaRows` replaces it with the id of the cell.
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
      // Some servers are soft-deleted: Nova deletes them later, and their owner can restore them until then.
      vm_state: cell === 'cell0' ? 'error' : id % 5 === 0 ? 'soft-delete' : 'active',
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

  /** Returns the next unused id in a cell. As in a real Nova, rows in different cells may have the same id. */
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
