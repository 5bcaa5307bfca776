import { Entity } from 'typeorm';
import { Text } from '../database/rows/columns.js';
import { NovaRow } from '../database/rows/nova-row.entity.js';

/** One of Nova's own services on a host. Those of the topic `compute` run servers. */
@Entity('services')
export class NovaService extends NovaRow {
  @Text() host!: string | null;
  @Text() topic!: string | null;
}
