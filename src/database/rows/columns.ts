import { Column } from 'typeorm';

/** A text column. It may be null, as almost all columns of Nova's tables may. */
export function Text(length = 255): PropertyDecorator {
  return Column({ type: 'varchar', length, nullable: true });
}

/** A column for long text, such as JSON: up to 64 KiB on MariaDB. */
export function LongText(): PropertyDecorator {
  return Column({ type: 'text', nullable: true });
}

/** A column for times in UTC. Its precision is one second, unless a migration sets another one. */
export function Time(): PropertyDecorator {
  return Column({ type: 'datetime', nullable: true });
}

/** A column for integers. MariaDB returns `bigint` values as text, so views must convert them with `Number(…)`. */
export function Whole(type: 'integer' | 'bigint' = 'integer'): PropertyDecorator {
  return Column({ type, nullable: true });
}

/** A boolean column. A query for raw rows returns 1 for true and 0 for false. */
export function Bool(): PropertyDecorator {
  return Column({ type: 'boolean', nullable: true });
}

/** An integer column with the default 0, such as `deleted`. */
export function Flag(): PropertyDecorator {
  return Column({ type: 'integer', nullable: true, default: 0 });
}
