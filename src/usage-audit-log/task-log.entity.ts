import { Entity, Index } from 'typeorm';
import { Text, Time, Whole } from '../database/rows/columns.js';
import { NovaRow } from '../database/rows/nova-row.entity.js';

/** The progress and the result of a task on one host, for one period. */
@Entity('task_log')
@Index('uniq_task_log', ['task_name', 'period_beginning', 'period_ending', 'host'], { unique: true })
export class TaskLog extends NovaRow {
  @Text() task_name!: string | null;
  @Text() host!: string | null;
  @Time() period_beginning!: Date | null;
  @Time() period_ending!: Date | null;
  @Text() state!: string | null;
  @Text() message!: string | null;
  @Whole() task_items!: number | null;
  @Whole() errors!: number | null;
}
