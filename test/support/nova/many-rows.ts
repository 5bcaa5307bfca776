import { createConnection } from 'mysql2/promise';
import type { CellName, NovaDatabases } from './databases.js';

/** The numbers of rows to insert. */
export interface RowCounts {
  /** The number of servers; by default 200. */
  readonly servers?: number;
  /** The number of actions of each server; by default 100. */
  readonly actions?: number;
  /** The number of events of each action; by default 2. */
  readonly events?: number;
}

/** The servers and actions that were inserted. */
export interface ManyRows {
  /** The UUIDs of the servers, which are all mapped to the cell. */
  readonly servers: readonly string[];
  /** The project to which all servers belong. */
  readonly projectId: string;
  /**
   * Returns the request id of a server's action. The first action has the number 1. The actions of a server start about
   * an hour apart.
   */
  requestId(server: string, action: number): string;
}

const PROJECT = 'c0ffee00000000000000000000000001';
const USER = 'c0ffee00000000000000000000000002';
/** The middle part of each UUID and request id. Rows that other functions insert do not contain it. */
const ID_PART = 'c0de-4000-8000';

/**
 * Inserts servers, their actions and events, and a migration for every tenth action. There are so many rows that
 * MariaDB prefers an index to a full scan. Then updates the statistics that decide the query plans. Call this function
 * at most once for each cell.
 */
export async function insertManyRows(
  databases: NovaDatabases,
  cell: CellName,
  { servers = 200, actions = 100, events = 2 }: RowCounts = {},
): Promise<ManyRows> {
  const { id } = databases.cells[cell];
  const uuid = `CONCAT(LPAD(LOWER(HEX(s.seq)), 8, '0'), '-${ID_PART}-${hex(id, 12)}')`;
  const request = `CONCAT('req-', LPAD(LOWER(HEX(s.seq)), 8, '0'), '-${ID_PART}-', LPAD(LOWER(HEX(a.seq)), 12, '0'))`;
  // The actions of different servers start at different seconds of the hour. So in the order of time, they alternate.
  const time = "'2025-01-01' + INTERVAL a.seq HOUR + INTERVAL (s.seq MOD 3600) SECOND";
  const each = `FROM seq_1_to_${actions} a STRAIGHT_JOIN seq_1_to_${servers} s`;
  await execute(databases.adminUrl(cell), [
    `INSERT INTO instances (created_at, updated_at, deleted, uuid, project_id, user_id, host, node, display_name,
       vm_state, hidden)
     SELECT '2025-01-01', '2025-01-01', 0, ${uuid}, '${PROJECT}', '${USER}', CONCAT('compute-', s.seq MOD 50),
       CONCAT('compute-', s.seq MOD 50), CONCAT('server-', s.seq), 'active', 0
     FROM seq_1_to_${servers} s`,
    `INSERT INTO instance_actions (created_at, updated_at, deleted, action, instance_uuid, request_id, user_id,
       project_id, start_time)
     SELECT ${time}, ${time} + INTERVAL 9 SECOND, 0, ELT(1 + a.seq MOD 3, 'reboot', 'stop', 'start'), ${uuid},
       ${request}, '${USER}', '${PROJECT}', ${time} ${each}`,
    `INSERT INTO instance_actions_events (created_at, updated_at, deleted, event, action_id, start_time, finish_time,
       result, host)
     SELECT item.created_at, item.updated_at, 0, CONCAT('compute_step_', e.seq), item.id, item.start_time,
       item.updated_at, 'Success', 'compute-1'
     FROM instance_actions item STRAIGHT_JOIN seq_1_to_${events} e WHERE item.request_id LIKE 'req-%-${ID_PART}-%'`,
    `INSERT INTO migrations (created_at, updated_at, deleted, uuid, source_compute, dest_compute, source_node,
       dest_node, status, instance_uuid, migration_type, hidden, cross_cell_move, user_id, project_id)
     SELECT ${time}, ${time}, 0, UUID(), 'compute-1', 'compute-2', 'compute-1', 'compute-2', 'completed', ${uuid},
       'live-migration', 0, 0, '${USER}', '${PROJECT}' ${each} WHERE a.seq MOD 10 = 0`,
    'ANALYZE TABLE instances, instance_actions, instance_actions_events, migrations',
  ]);
  await execute(databases.adminUrl('nova_api'), [
    `INSERT INTO instance_mappings (created_at, instance_uuid, cell_id, project_id, user_id, queued_for_delete)
     SELECT '2025-01-01', ${uuid}, ${id}, '${PROJECT}', '${USER}', 0
     FROM seq_1_to_${servers} s`,
    'ANALYZE TABLE instance_mappings, cell_mappings',
  ]);
  return {
    servers: Array.from({ length: servers }, (_, index) => `${hex(index + 1, 8)}-${ID_PART}-${hex(id, 12)}`),
    projectId: PROJECT,
    requestId: (server, action) => `req-${server.slice(0, 8)}-${ID_PART}-${hex(action, 12)}`,
  };
}

async function execute(url: string, statements: readonly string[]): Promise<void> {
  const connection = await createConnection(url);
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
