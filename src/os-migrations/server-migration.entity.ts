import { Entity, Index } from 'typeorm';
import { Flag, Text, Whole } from '../database/rows/columns.js';
import { NovaRow } from '../database/rows/nova-row.entity.js';

/** A migration or resize of a server. Nova's table has a few more columns. */
@Entity('migrations')
@Index('migrations_uuid', ['uuid'], { unique: true })
@Index('migrations_created_at_idx', ['created_at', 'id'])
@Index('migrations_updated_at_idx', ['updated_at'])
@Index('migrations_instance_uuid_and_status_idx', ['instance_uuid', 'status'])
@Index('migrations_status_created_at_idx', ['status', 'created_at', 'id'])
@Index('migrations_migration_type_created_at_idx', ['migration_type', 'created_at', 'id'])
@Index('migrations_source_compute_created_at_idx', ['source_compute', 'created_at', 'id'])
@Index('migrations_dest_compute_created_at_idx', ['dest_compute', 'created_at', 'id'])
@Index('migrations_user_id_created_at_idx', ['user_id', 'created_at', 'id'])
@Index('migrations_project_id_created_at_idx', ['project_id', 'created_at', 'id'])
export class ServerMigration extends NovaRow {
  @Text(36) uuid!: string | null;
  @Text(36) instance_uuid!: string | null;
  @Text() status!: string | null;
  /** `migration`, `resize`, `live-migration` or `evacuation`. */
  @Text() migration_type!: string | null;
  @Text() source_compute!: string | null;
  @Text() source_node!: string | null;
  @Text() dest_compute!: string | null;
  @Text() dest_node!: string | null;
  @Text() dest_host!: string | null;
  @Whole() old_instance_type_id!: number | null;
  @Whole() new_instance_type_id!: number | null;
  /**
   * Not 0 if lists of migrations must omit this record. A migration between cells has two records, and Nova hides one
   * of them.
   */
  @Flag() hidden!: number | null;
  @Whole('bigint') memory_total!: number | null;
  @Whole('bigint') memory_processed!: number | null;
  @Whole('bigint') memory_remaining!: number | null;
  @Whole('bigint') disk_total!: number | null;
  @Whole('bigint') disk_processed!: number | null;
  @Whole('bigint') disk_remaining!: number | null;
  @Text() user_id!: string | null;
  @Text() project_id!: string | null;
}
