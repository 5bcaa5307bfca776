import type { Connection, RowDataPacket } from 'mysql2/promise';

/**
 * Nova's tables, as release 26 (Zed) creates them in MariaDB with `nova-manage api_db sync` and `nova-manage db sync`.
 * The order of the columns, the keys and the foreign keys are also those of Nova.
 * `test/database/nova-schema.services.ts` compares these definitions with a real Nova.
 *
 * The releases from 27 to 33 (2026.1) changed these tables only as follows:
 * - Release 27 dropped the second of two unique keys on the column `instances.uuid`.
 * - Release 28 added two bigint columns at the ends of their tables: `instances.compute_id` with the key
 *   `instances_compute_id_deleted_idx (compute_id, deleted)`, and `migrations.dest_compute_id` with the key
 *   `migrations_dest_compute_id_deleted_idx (dest_compute_id, deleted)`.
 *
 * After release 33, Nova added two keys to `migrations`: `migrations_by_dest_host_nodes_and_status_idx (deleted,
 * dest_compute, dest_node, status)`, and the same key with `src` instead of `dest`.
 */

const NUMBER = 'id int NOT NULL AUTO_INCREMENT PRIMARY KEY';
const TIMES = 'created_at datetime, updated_at datetime';
const SOFT_DELETE_TIMES = `${TIMES}, deleted_at datetime`;

/** The tables of Nova's API database, `nova_api`. */
const API_TABLES = {
  cell_mappings: `
    ${TIMES}, ${NUMBER}, uuid varchar(36) NOT NULL, name varchar(255),
    transport_url text, database_connection text, disabled bool,
    UNIQUE uniq_cell_mappings0uuid (uuid),
    KEY uuid_idx (uuid)`,

  instance_mappings: `
    ${TIMES}, ${NUMBER}, instance_uuid varchar(36) NOT NULL, cell_id int, project_id varchar(255) NOT NULL,
    queued_for_delete bool, user_id varchar(255),
    UNIQUE uniq_instance_mappings0instance_uuid (instance_uuid),
    KEY cell_id (cell_id),
    KEY instance_mappings_user_id_project_id_idx (user_id, project_id),
    KEY project_id_idx (project_id),
    KEY instance_uuid_idx (instance_uuid),
    CONSTRAINT instance_mappings_ibfk_1 FOREIGN KEY (cell_id) REFERENCES cell_mappings (id)`,

  build_requests: `
    ${TIMES}, ${NUMBER}, project_id varchar(255) NOT NULL, instance_uuid varchar(36),
    instance mediumtext, block_device_mappings mediumtext, tags text,
    UNIQUE uniq_build_requests0instance_uuid (instance_uuid),
    KEY build_requests_instance_uuid_idx (instance_uuid),
    KEY build_requests_project_id_idx (project_id)`,

  instance_groups: `
    ${TIMES}, ${NUMBER}, user_id varchar(255), project_id varchar(255), uuid varchar(36) NOT NULL, name varchar(255),
    UNIQUE uniq_instance_groups0uuid (uuid)`,

  instance_group_policy: `
    ${TIMES}, ${NUMBER}, policy varchar(255), group_id int NOT NULL, rules text,
    KEY group_id (group_id),
    KEY instance_group_policy_policy_idx (policy),
    CONSTRAINT instance_group_policy_ibfk_1 FOREIGN KEY (group_id) REFERENCES instance_groups (id)`,

  instance_group_member: `
    ${TIMES}, ${NUMBER}, instance_uuid varchar(255), group_id int NOT NULL,
    KEY group_id (group_id),
    KEY instance_group_member_instance_idx (instance_uuid),
    CONSTRAINT instance_group_member_ibfk_1 FOREIGN KEY (group_id) REFERENCES instance_groups (id)`,
} as const;

/** The tables of a cell's database. Each table comes after the tables that its foreign keys reference. */
const CELL_TABLES = {
  instances: `
    ${SOFT_DELETE_TIMES}, ${NUMBER}, internal_id int, user_id varchar(255), project_id varchar(255),
    image_ref varchar(255), kernel_id varchar(255), ramdisk_id varchar(255), launch_index int,
    key_name varchar(255), key_data mediumtext, power_state int, vm_state varchar(255), memory_mb int, vcpus int,
    hostname varchar(255), host varchar(255), user_data mediumtext, reservation_id varchar(255),
    launched_at datetime, terminated_at datetime, display_name varchar(255), display_description varchar(255),
    availability_zone varchar(255), locked bool, os_type varchar(255), launched_on mediumtext,
    instance_type_id int, vm_mode varchar(255), uuid varchar(36) NOT NULL, architecture varchar(255),
    root_device_name varchar(255), access_ip_v4 varchar(39), access_ip_v6 varchar(39), config_drive varchar(255),
    task_state varchar(255), default_ephemeral_device varchar(255), default_swap_device varchar(255),
    progress int, auto_disk_config bool, shutdown_terminate bool, disable_terminate bool,
    root_gb int, ephemeral_gb int, cell_name varchar(255), node varchar(255), deleted int,
    locked_by enum('owner','admin'), cleaned int, ephemeral_key_uuid varchar(36), hidden bool,
    UNIQUE uniq_instances0uuid (uuid),
    UNIQUE uuid (uuid),
    KEY instances_reservation_id_idx (reservation_id),
    KEY instances_updated_at_project_id_idx (updated_at, project_id),
    KEY instances_host_node_deleted_idx (host, node, deleted),
    KEY instances_host_deleted_cleaned_idx (host, deleted, cleaned),
    KEY instances_project_id_deleted_idx (project_id, deleted),
    KEY instances_project_id_idx (project_id),
    KEY instances_task_state_updated_at_idx (task_state, updated_at),
    KEY instances_deleted_created_at_idx (deleted, created_at),
    KEY instances_terminated_at_launched_at_idx (terminated_at, launched_at),
    KEY instances_uuid_deleted_idx (uuid, deleted)`,

  instance_actions: `
    ${SOFT_DELETE_TIMES}, ${NUMBER}, action varchar(255), instance_uuid varchar(36), request_id varchar(255),
    user_id varchar(255), project_id varchar(255), start_time datetime, finish_time datetime,
    message varchar(255), deleted int,
    KEY instance_actions_instance_uuid_updated_at_idx (instance_uuid, updated_at),
    KEY request_id_idx (request_id),
    KEY instance_uuid_idx (instance_uuid),
    CONSTRAINT fk_instance_actions_instance_uuid FOREIGN KEY (instance_uuid) REFERENCES instances (uuid)`,

  instance_actions_events: `
    ${SOFT_DELETE_TIMES}, ${NUMBER}, event varchar(255), action_id int, start_time datetime, finish_time datetime,
    result varchar(255), traceback text, deleted int, host varchar(255), details text,
    KEY action_id (action_id),
    CONSTRAINT instance_actions_events_ibfk_1 FOREIGN KEY (action_id) REFERENCES instance_actions (id)`,

  instance_extra: `
    ${SOFT_DELETE_TIMES}, deleted int, ${NUMBER}, instance_uuid varchar(36) NOT NULL,
    numa_topology text, pci_requests text, flavor text, vcpu_model text, migration_context text, keypairs text,
    device_metadata text, trusted_certs text, vpmems text, resources text,
    KEY instance_extra_idx (instance_uuid),
    CONSTRAINT instance_extra_instance_uuid_fkey FOREIGN KEY (instance_uuid) REFERENCES instances (uuid)`,

  migrations: `
    ${SOFT_DELETE_TIMES}, ${NUMBER}, source_compute varchar(255), dest_compute varchar(255), dest_host varchar(255),
    status varchar(255), instance_uuid varchar(36), old_instance_type_id int, new_instance_type_id int,
    source_node varchar(255), dest_node varchar(255), deleted int,
    migration_type enum('migration','resize','live-migration','evacuation'), hidden bool,
    memory_total bigint, memory_processed bigint, memory_remaining bigint,
    disk_total bigint, disk_processed bigint, disk_remaining bigint,
    uuid varchar(36), cross_cell_move bool, user_id varchar(255), project_id varchar(255),
    UNIQUE migrations_uuid (uuid),
    KEY fk_migrations_instance_uuid (instance_uuid),
    KEY migrations_by_host_nodes_and_status_idx
      (deleted, source_compute(100), dest_compute(100), source_node(100), dest_node(100), status),
    KEY migrations_instance_uuid_and_status_idx (deleted, instance_uuid, status),
    KEY migrations_updated_at_idx (updated_at),
    CONSTRAINT fk_migrations_instance_uuid FOREIGN KEY (instance_uuid) REFERENCES instances (uuid)`,

  services: `
    ${SOFT_DELETE_TIMES}, ${NUMBER}, host varchar(255), \`binary\` varchar(255), topic varchar(255),
    report_count int NOT NULL, disabled bool, deleted int, disabled_reason varchar(255), last_seen_up datetime,
    forced_down bool, version int, uuid varchar(36),
    UNIQUE uniq_services0host0topic0deleted (host, topic, deleted),
    UNIQUE uniq_services0host0binary0deleted (host, \`binary\`, deleted),
    UNIQUE services_uuid_idx (uuid)`,

  task_log: `
    ${SOFT_DELETE_TIMES}, ${NUMBER}, task_name varchar(255) NOT NULL, state varchar(255) NOT NULL,
    host varchar(255) NOT NULL, period_beginning datetime NOT NULL, period_ending datetime NOT NULL,
    message varchar(255) NOT NULL, task_items int, errors int, deleted int,
    UNIQUE uniq_task_log0task_name0host0period_beginning0period_ending
      (task_name, host, period_beginning, period_ending),
    KEY ix_task_log_host (host),
    KEY ix_task_log_period_ending (period_ending),
    KEY ix_task_log_period_beginning (period_beginning)`,
} as const;

const TABLES = { api: API_TABLES, cell: CELL_TABLES };

/** The name of a table in a cell's database. */
export type CellTable = keyof typeof CELL_TABLES;

/**
 * The names of Nova's tables, by kind of database. Each table comes after the tables that its foreign keys reference.
 */
export const novaTables = {
  api: Object.keys(API_TABLES) as (keyof typeof API_TABLES)[],
  cell: Object.keys(CELL_TABLES) as CellTable[],
};

/**
 * The tables whose rows `nova-manage db archive_deleted_rows` moves to a shadow table, and which the service
 * reads.
 */
const ARCHIVED = ['instances', 'instance_actions', 'instance_actions_events', 'instance_extra'] as const;

/** The name of a shadow table. */
export type ShadowTable = `shadow_${(typeof ARCHIVED)[number]}`;

/** The names of the shadow tables. */
export const shadowTables: readonly ShadowTable[] = ARCHIVED.map((name) => `shadow_${name}` as const);

/** Creates Nova's tables in an empty database. */
export async function createNovaTables(connection: Connection, kind: 'api' | 'cell'): Promise<void> {
  for (const [name, definition] of Object.entries(TABLES[kind])) {
    await connection.query(`CREATE TABLE ${name} (${definition}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3`);
    if (ARCHIVED.some((one) => one === name)) await createShadowTable(connection, name);
  }
}

/** Creates a shadow table: the columns of the table, without its keys. */
async function createShadowTable(connection: Connection, name: string): Promise<void> {
  const shadow = `shadow_${name}`;
  await connection.query(`CREATE TABLE ${shadow} LIKE ${name}`);
  const [keys] = await connection.query<(RowDataPacket & { Key_name: string })[]>(
    `SHOW INDEX FROM ${shadow}`,
  );
  const names = new Set(keys.map(({ Key_name }) => Key_name));
  names.delete('PRIMARY');
  const drops = [...names].map((key) => `DROP KEY \`${key}\``);
  await connection.query(`ALTER TABLE ${shadow} ${drops.join(', ')}`);
}
