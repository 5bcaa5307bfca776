import { Entity, Index } from 'typeorm';
import { LongText, Text, Whole } from '../database/rows/columns.js';
import { NovaApiRow } from '../database/rows/nova-row.entity.js';

@Entity('instance_groups')
export class ServerGroup extends NovaApiRow {
  @Index('uniq_instance_groups0uuid', { unique: true }) @Text(36) uuid!: string;
  @Index('instance_groups_project_id_idx') @Text() project_id!: string | null;
  @Text() user_id!: string | null;
  @Text() name!: string | null;
}

/** The policy of a group, with its rules as JSON. Each group has one policy. */
@Entity('instance_group_policy')
export class ServerGroupPolicy extends NovaApiRow {
  @Index('instance_group_policy_group_id_idx') @Whole() group_id!: number;
  @Text() policy!: string | null;
  @LongText() rules!: string | null;
}

/** A server in a group. The row remains when the server is deleted. */
@Entity('instance_group_member')
export class ServerGroupMember extends NovaApiRow {
  @Index('instance_group_member_group_id_idx') @Whole() group_id!: number;
  @Text() instance_uuid!: string | null;
}
