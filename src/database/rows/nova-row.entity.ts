import { PrimaryGeneratedColumn } from 'typeorm';
import { Flag, Time } from './columns.js';

/**
 * The columns that every table of Nova's API database has. Nova does not soft-delete rows of these tables. Times are
 * UTC.
 */
export abstract class NovaApiRow {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Time()
  created_at!: Date | null;

  @Time()
  updated_at!: Date | null;
}

/** The columns that every table in the databases of Nova's cells has. Times are UTC. */
export abstract class NovaRow extends NovaApiRow {
  @Time()
  deleted_at!: Date | null;

  /** 0, or the id of the row if Nova has soft-deleted the row. */
  @Flag()
  deleted!: number | null;
}
