import type { EntityManager } from 'typeorm';
import { exampleAddress, exampleHost, exampleServers, OPERATOR } from '../nova/servers/example.js';

const { resizeFailed, rescheduled, moving } = exampleServers;
const [SMALL, LARGE] = [1, 2];
const MIB = 1_048_576;

/**
 * The migrations that belong to the example actions. Some are live and some cold; some are completed, failed or in
 * progress.
 */
const MIGRATIONS = [
  {
    ...migration(1, resizeFailed.uuid, 'live-migration', 'completed', [1, 2]),
    ...times('2026-03-02T10:00:00Z', '2026-03-02T10:00:12Z'),
  },
  {
    ...migration(2, resizeFailed.uuid, 'resize', 'error', [2, 3]),
    ...times('2026-03-02T11:00:00Z', '2026-03-02T11:00:06Z'),
    user_id: resizeFailed.user_id,
    new_instance_type_id: LARGE,
    dest_host: exampleAddress(3),
  },
  {
    ...migration(3, rescheduled.uuid, 'migration', 'confirmed', [3, 2]),
    ...times('2026-03-03T08:00:00Z', '2026-03-03T08:10:04Z'),
    dest_host: exampleAddress(2),
  },
  {
    ...migration(4, moving.uuid, 'live-migration', 'running', [1, 2]),
    ...times('2026-03-03T10:00:00Z', '2026-03-03T10:05:00Z'),
    memory_total: 4096 * MIB,
    memory_processed: 3072 * MIB,
    memory_remaining: 1024 * MIB,
    disk_total: 0,
    disk_processed: 0,
    disk_remaining: 0,
  },
];

function migration(
  number: number,
  instance_uuid: string,
  migration_type: string,
  status: string,
  [from, to]: readonly [number, number],
) {
  return {
    uuid: `aaaaaaaa-0000-4000-8000-00000000000${number}`,
    instance_uuid,
    migration_type,
    status,
    source_compute: exampleHost(from),
    source_node: exampleHost(from),
    dest_compute: exampleHost(to),
    dest_node: exampleHost(to),
    old_instance_type_id: SMALL,
    new_instance_type_id: SMALL,
    hidden: 0,
    ...OPERATOR,
  };
}

function times(created: string, updated: string) {
  return { created_at: new Date(created), updated_at: new Date(updated) };
}

export async function insertExampleMigrations(manager: EntityManager): Promise<void> {
  for (const row of MIGRATIONS) await manager.insert('migrations', row);
}
