import { Entity, Index } from 'typeorm';
import { LongText, Text, Time, Whole } from '../database/rows/columns.js';
import { NovaRow } from '../database/rows/nova-row.entity.js';

/** An event: one step of an action on one host. */
@Entity('instance_actions_events')
@Index('instance_actions_events_action_id_created_at_idx', ['action_id', 'created_at', 'id'])
export class InstanceActionEvent extends NovaRow {
  @Text() event!: string | null;
  @Whole() action_id!: number | null;
  @Time() start_time!: Date | null;
  @Time() finish_time!: Date | null;
  @Text() result!: string | null;
  @LongText() traceback!: string | null;
  @Text() host!: string | null;
  @LongText() details!: string | null;
}
