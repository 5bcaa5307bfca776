import { Column } from 'typeorm';

/** A column of text, which may be null as nearly all in Nova's tables. */
export function Text(length = 255): PropertyDecorator {
  return Column({ type: 'varchar', length, nullable: true });
}

/** A column of text of any length. */
export function LongText(): PropertyDecorator {
  return Column({ type: 'text', nullable: true });
}

/** A column of times, in UTC, to the second. */
export function Time(): PropertyDecorator {
  return Column({ type: 'datetime', nullable: true });
}

/** A column of whole numbers. */
export function Whole(type: 'integer' | 'bigint' = 'integer'): PropertyDecorator {
  return Column({ type, nullable: true });
}

/** A column of numbers that is 0 unless something is written, such as `deleted`. */
export function Flag(): PropertyDecorator {
  return Column({ type: 'integer', nullable: true, default: 0 });
}
