import { Entity } from 'typeorm';
import { Text } from '../database/rows/columns.js';
import { NovaRow } from '../database/rows/nova-row.entity.js';

/** One of Nova's services on a host. A service with the topic `compute` runs servers. */
@Entity('services')
export class NovaService extends NovaRow {
  @Text() host!: string | null;
  @Text() topic!: string | null;
}
