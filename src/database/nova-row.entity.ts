import { PrimaryGeneratedColumn } from 'typeorm';
import { Flag, Time } from './columns.js';

/** The columns that every table of Nova carries. Times are UTC. */
export abstract class NovaRow {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Time()
  created_at!: Date | null;

  @Time()
  updated_at!: Date | null;

  @Time()
  deleted_at!: Date | null;

  /** 0 for a row that counts; Nova writes the row's own id here to soft-delete it. */
  @Flag()
  deleted!: number | null;
}
