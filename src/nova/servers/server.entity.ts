import { Column, Entity, Index } from 'typeorm';
import { Bool, Text, Time } from '../../database/rows/columns.js';
import { NovaRow } from '../../database/rows/nova-row.entity.js';

/** A server, with the columns that this service reads. Nova's table has many more columns. */
@Entity('instances')
@Index('instances_uuid_idx', ['uuid'], { unique: true })
export class ServerEntity extends NovaRow {
  @Column({ type: 'varchar', length: 36 })
  uuid!: string;

  @Text()
  project_id!: string | null;

  @Text()
  user_id!: string | null;

  @Text()
  host!: string | null;

  @Text()
  display_name!: string | null;

  @Text()
  availability_zone!: string | null;

  @Time()
  launched_at!: Date | null;

  @Bool()
  locked!: boolean | 0 | 1 | null;

  /** The project that has locked the server: its own (`owner`) or another one (`admin`). */
  @Text()
  locked_by!: string | null;

  /** Only the own store has this column. */
  @Text()
  locked_reason!: string | null;
}
