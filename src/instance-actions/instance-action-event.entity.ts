import { Column, Entity, Index } from 'typeorm';
import { NovaRow } from '../database/nova-row.entity.js';

/** A step that was taken for an action, on some host. */
@Entity('instance_actions_events')
@Index('instance_actions_events_action_id_created_at_idx', ['action_id', 'created_at', 'id'])
export class InstanceActionEvent extends NovaRow {
  @Column({ type: 'varchar', length: 255, nullable: true })
  event!: string | null;

  @Column({ type: 'integer', nullable: true })
  action_id!: number | null;

  @Column({ type: 'datetime', nullable: true })
  start_time!: Date | null;

  @Column({ type: 'datetime', nullable: true })
  finish_time!: Date | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  result!: string | null;

  @Column({ type: 'text', nullable: true })
  traceback!: string | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  host!: string | null;

  @Column({ type: 'text', nullable: true })
  details!: string | null;
}
