import { Column, Entity, Index } from 'typeorm';
import { NovaRow } from '../database/nova-row.entity.js';

/** A server's move from one host to another, whatever the way. Nova's own table has a few columns more. */
@Entity('migrations')
@Index('migrations_uuid', ['uuid'], { unique: true })
@Index('migrations_created_at_idx', ['created_at', 'id'])
@Index('migrations_updated_at_idx', ['updated_at'])
@Index('migrations_instance_uuid_and_status_idx', ['instance_uuid', 'status'])
export class Migration extends NovaRow {
  @Column({ type: 'varchar', length: 36, nullable: true })
  uuid!: string | null;

  @Column({ type: 'varchar', length: 36, nullable: true })
  instance_uuid!: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  status!: string | null;

  /** One of migration, resize, live-migration and evacuation. */
  @Column({ type: 'varchar', length: 255, nullable: true })
  migration_type!: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  source_compute!: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  source_node!: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  dest_compute!: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  dest_node!: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  dest_host!: string | null;

  @Column({ type: 'integer', nullable: true })
  old_instance_type_id!: number | null;

  @Column({ type: 'integer', nullable: true })
  new_instance_type_id!: number | null;

  /** Not 0 for one that lists leave out: of a move between cells, one of the two records. */
  @Column({ type: 'integer', nullable: true, default: 0 })
  hidden!: number | null;

  @Column({ type: 'bigint', nullable: true })
  memory_total!: number | null;

  @Column({ type: 'bigint', nullable: true })
  memory_processed!: number | null;

  @Column({ type: 'bigint', nullable: true })
  memory_remaining!: number | null;

  @Column({ type: 'bigint', nullable: true })
  disk_total!: number | null;

  @Column({ type: 'bigint', nullable: true })
  disk_processed!: number | null;

  @Column({ type: 'bigint', nullable: true })
  disk_remaining!: number | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  user_id!: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  project_id!: string | null;
}
