import { Column, Entity, Index } from 'typeorm';
import { NovaRow } from '../../database/nova-row.entity.js';

/** A server, as far as this service needs it. Nova's table has many more columns; they are never read. */
@Entity('instances')
@Index('instances_uuid_idx', ['uuid'], { unique: true })
export class ServerEntity extends NovaRow {
  @Column({ type: 'varchar', length: 36 })
  uuid!: string;

  @Column({ type: 'varchar', length: 255, nullable: true })
  project_id!: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  user_id!: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  host!: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  display_name!: string | null;
}
