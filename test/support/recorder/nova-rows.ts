import type { CellName } from '../nova/databases.js';
import type { PastCells } from './past-cells.js';

/** Returns the UUID of a server by its number. */
export function serverUuid(server: number): string {
  return `${String(server).padStart(8, '0')}-5e12-4000-8000-000000000000`;
}

/** Inserts a server with actions, each with two events. Nova's database assigns the ids. */
export async function insertServer(
  cells: PastCells,
  cell: CellName,
  server: number,
  {
    actions,
    project = 'project',
    flavor,
  }: { readonly actions: number; readonly project?: string; readonly flavor?: string },
): Promise<void> {
  await cells.change(cell, [
    `INSERT INTO instances (created_at, deleted, uuid, project_id, user_id, host, display_name, hidden)
     VALUES ('2026-01-01 00:00:00', 0, ?, ?, 'user', 'compute-1', 'server', 0)`,
    [serverUuid(server), project],
  ]);
  if (flavor !== undefined) {
    const data = { 'nova_object.data': { name: flavor, flavorid: flavor } };
    await cells.change(cell, [
      `INSERT INTO instance_extra (created_at, deleted, instance_uuid, flavor) VALUES ('2026-01-01 00:00:00', 0, ?, ?)`,
      [serverUuid(server), JSON.stringify({ cur: data })],
    ]);
  }
  await insertActions(cells, cell, server, actions);
}

/** Inserts actions of a server, each with two events. */
export async function insertActions(
  cells: PastCells,
  cell: CellName,
  server: number,
  count: number,
  began = '2026-01-01 00:00:00',
): Promise<void> {
  const uuid = serverUuid(server);
  const start = Date.parse(`${began.replace(' ', 'T')}Z`);
  // With a list of values, MariaDB assigns consecutive ids.
  const rows = Array.from({ length: count }, (_, index) => {
    const time = new Date(start + (index + 1) * 1_000).toISOString().slice(0, 19).replace('T', ' ');
    return [time, time, 0, 'reboot', uuid, `req-${server}-${time}`, 'user', 'project', time];
  });
  await cells.change(
    cell,
    [
      `INSERT INTO instance_actions (created_at, updated_at, deleted, action, instance_uuid, request_id, user_id,
         project_id, start_time) VALUES ?`,
      [rows],
    ],
    [
      `INSERT INTO instance_actions_events (created_at, deleted, event, action_id, start_time, finish_time, result, host)
       SELECT a.created_at, 0, CONCAT('event-', seq), a.id, a.start_time, a.updated_at, 'Success', 'compute-1'
       FROM instance_actions a JOIN seq_1_to_2 WHERE a.instance_uuid = ? AND a.created_at > ? ORDER BY a.id, seq`,
      [uuid, began],
    ],
  );
}
