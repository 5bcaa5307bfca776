import { PrimaryGeneratedColumn } from 'typeorm';
import { Flag, Time } from './columns.js';

/** The columns that every table of Nova's API database carries, whose rows are there or gone. Times are UTC. */
export abstract class NovaApiRow {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Time()
  created_at!: Date | null;

  @Time()
  updated_at!: Date | null;
}

/** The columns that every table of Nova's cells carries. Times are UTC. */
export abstract class NovaRow extends NovaApiRow {
  @Time()
  deleted_at!: Date | null;

  /** 0 for a row that counts; Nova writes the row's own id here to soft-delete it. */
  @Flag()
  deleted!: number | null;
}
