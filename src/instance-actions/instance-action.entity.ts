import { Column, Entity, Index } from 'typeorm';
import { NovaRow } from '../database/nova-row.entity.js';

/** An action on a server: who asked for what, and when. `request_id` is not unique within a server. */
@Entity('instance_actions')
@Index('instance_actions_instance_uuid_created_at_idx', ['instance_uuid', 'created_at', 'id'])
@Index('instance_actions_instance_uuid_request_id_idx', ['instance_uuid', 'request_id'])
@Index('instance_actions_instance_uuid_updated_at_idx', ['instance_uuid', 'updated_at'])
export class InstanceAction extends NovaRow {
  @Column({ type: 'varchar', length: 255, nullable: true })
  action!: string | null;

  @Column({ type: 'varchar', length: 36, nullable: true })
  instance_uuid!: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  request_id!: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  user_id!: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  project_id!: string | null;

  @Column({ type: 'datetime', nullable: true })
  start_time!: Date | null;

  @Column({ type: 'datetime', nullable: true })
  finish_time!: Date | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  message!: string | null;
}
