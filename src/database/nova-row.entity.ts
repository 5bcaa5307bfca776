import { Column, PrimaryGeneratedColumn } from 'typeorm';

/** The columns that every table of Nova carries. Times are UTC. */
export abstract class NovaRow {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'datetime', nullable: true })
  created_at!: Date | null;

  @Column({ type: 'datetime', nullable: true })
  updated_at!: Date | null;

  @Column({ type: 'datetime', nullable: true })
  deleted_at!: Date | null;

  /** 0 for a row that counts; Nova writes the row's own id here to soft-delete it. */
  @Column({ type: 'integer', nullable: true, default: 0 })
  deleted!: number | null;
}
