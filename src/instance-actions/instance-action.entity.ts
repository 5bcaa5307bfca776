import { Entity, Index } from 'typeorm';
import { Text, Time } from '../database/rows/columns.js';
import { NovaRow } from '../database/rows/nova-row.entity.js';

/** A request that changed a server, or tried to. Two actions of a server may have the same `request_id`. */
@Entity('instance_actions')
@Index('instance_actions_instance_uuid_created_at_idx', ['instance_uuid', 'created_at', 'id'])
@Index('instance_actions_instance_uuid_request_id_idx', ['instance_uuid', 'request_id'])
@Index('instance_actions_instance_uuid_updated_at_idx', ['instance_uuid', 'updated_at'])
export class InstanceAction extends NovaRow {
  @Text() action!: string | null;
  @Text(36) instance_uuid!: string | null;
  @Text() request_id!: string | null;
  @Text() user_id!: string | null;
  @Text() project_id!: string | null;
  @Time() start_time!: Date | null;
  @Time() finish_time!: Date | null;
  @Text() message!: string | null;
}
