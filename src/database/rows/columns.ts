import { Column } from 'typeorm';

/** A column of text. It may be null, as nearly all columns of Nova may. */
export function Text(length = 255): PropertyDecorator {
  return Column({ type: 'varchar', length, nullable: true });
}

/** A column of long text, such as JSON: up to 64 KiB on MariaDB. */
export function LongText(): PropertyDecorator {
  return Column({ type: 'text', nullable: true });
}

/** A column of times, in UTC, to the second. */
export function Time(): PropertyDecorator {
  return Column({ type: 'datetime', nullable: true });
}

/** A column of whole numbers. MariaDB returns those of `bigint` as texts: views need `Number(…)`. */
export function Whole(type: 'integer' | 'bigint' = 'integer'): PropertyDecorator {
  return Column({ type, nullable: true });
}

/** A column of booleans. Queries for raw rows return 1 and 0. */
export function Bool(): PropertyDecorator {
  return Column({ type: 'boolean', nullable: true });
}

/** A column of numbers that is 0 by default, such as `deleted`. */
export function Flag(): PropertyDecorator {
  return Column({ type: 'integer', nullable: true, default: 0 });
}
