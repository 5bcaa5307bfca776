import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { fillWithExample, migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { EXAMPLE_PATH } from '../support/process/process.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';

/**
 * The definitions of all columns and indexes. The key of a column is `table.column`, and the key of an index is `table
 * index`.
 */
type Shape = ReadonlyMap<string, string>;

async function shapeOf(source: DataSource): Promise<Shape> {
  const runner = source.createQueryRunner();
  try {
    const tables = await runner.getTables(source.entityMetadatas.map(({ tableName }) => tableName));
    return new Map(
      tables.flatMap((table) => {
        const name = table.name.split('.').at(-1) ?? '';
        return [
          ...table.columns.map((column) => {
            const parts = [
              column.type,
              column.length,
              column.isNullable,
              String(column.default),
              column.collation,
            ];
            return [`${name}.${column.name}`, parts.join(' ')] as const;
          }),
          ...table.indices.map((index) => {
            const parts = [index.isUnique ? 'unique' : 'index', ...index.columnNames];
            return [`${name} ${index.name ?? ''}`, parts.join(' ')] as const;
          }),
        ];
      }),
    );
  } finally {
    await runner.release();
  }
}

/**
 * Returns the changes that prevent an older release from working with the database: columns that are missing or
 * different, and new constraints that reject rows of the older release.
 */
function breaches(before: Shape, after: Shape): string[] {
  const tables = new Set([...before.keys()].map((key) => key.split(/[. ]/)[0]));
  const missing = [...before].filter(([key, what]) => !key.includes(' ') && after.get(key) !== what);
  const stricter = [...after].filter(([key, what]) => {
    if (before.has(key) || !tables.has(key.split(/[. ]/)[0])) return false;
    return key.includes(' ') ? what.startsWith('unique') : /false (undefined|null) /.test(what);
  });
  return [...missing, ...stricter].map(([key]) => key);
}

describe.each(storeKinds)('migrations on %s', (kind, create) => {
  let store: TestStore;
  let source: DataSource;
  let service: RunningService | undefined;

  beforeEach(async () => {
    store = await create();
    source = await ownStore(store.url).initialize();
  });

  afterEach(async () => {
    await service?.stop();
    service = undefined;
    await source.destroy();
    await store.remove();
  });

  /**
   * Runs the migrations one by one.
   *
   * @param after a function that is called after each migration, with its name and with the shape of the database
   *   before and after it
   */
  async function migrateStepwise(after: (name: string, before: Shape, now: Shape) => void): Promise<void> {
    const runner = source.createQueryRunner();
    const executor = new MigrationExecutor(source, runner);
    let before = await shapeOf(source);
    for (const migration of await executor.getPendingMigrations()) {
      await executor.executeMigration(migration);
      const now = await shapeOf(source);
      after(migration.name, before, now);
      before = now;
    }
    await runner.release();
  }

  it('migrations only add tables, columns and indexes, so that the previous release still works on the migrated database', async () => {
    const seen: string[] = [];
    await migrateStepwise((name, before, now) => {
      seen.push(name);
      expect([name, breaches(before, now)]).toEqual([name, []]);
    });
    expect(seen.length).toBeGreaterThanOrEqual(4);
  });

  it.each([
    ['a dropped column', 'ALTER TABLE instances DROP COLUMN display_name', 'instances.display_name'],
    ['a renamed column', 'ALTER TABLE instances RENAME COLUMN host TO node', 'instances.host'],
    [
      'a new column that requires a value',
      kind === 'SQLite'
        ? 'CREATE TABLE i2 AS SELECT * FROM instances; DROP TABLE instances; CREATE TABLE instances (id integer, cell text NOT NULL)'
        : 'ALTER TABLE instances ADD COLUMN cell integer NOT NULL',
      'instances.cell',
    ],
    ['a new unique index', 'CREATE UNIQUE INDEX one_each ON instances (host)', 'instances one_each'],
  ])('the check of migrations reports %s', async (_change, statements, breach) => {
    await migrateOwnStore(store.url);
    const before = await shapeOf(source);
    for (const statement of statements.split('; ')) await source.query(statement);
    expect(breaches(before, await shapeOf(source))).toContain(breach);
  });

  it('a database that a later release has migrated still works with this release', async () => {
    await migrateOwnStore(store.url);
    await fillWithExample(store.url);
    for (const statement of [
      'CREATE TABLE of_the_next_release (id integer PRIMARY KEY)',
      'ALTER TABLE instance_actions ADD COLUMN of_the_next_release varchar(255)',
      "ALTER TABLE instances ADD COLUMN of_the_next_release varchar(255) NOT NULL DEFAULT 'x'",
      'CREATE INDEX of_the_next_release_idx ON instances (of_the_next_release)',
      "INSERT INTO nova_action_log_migrations (timestamp, name) VALUES (9999999999999, 'Next9999999999999')",
    ]) {
      await source.query(statement);
    }
    const settings = { DATABASE_URL: store.url, MIGRATE_ON_START: 'false' };
    service = await startService(settings);
    const answer = await fetch(service.url + EXAMPLE_PATH, {
      headers: { 'X-Auth-Token': personaTokens['admin'] ?? '' },
    });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('"event":"compute_run_instance"');
  });

  it('migrations that were interrupted after any statement are finished by the next run', async () => {
    await migrateOwnStore(store.url);
    const whole = await shapeOf(source);
    for (let statements = 0; ; statements += 1) {
      const other = await create();
      const broken = await interrupt(source, statements, () => migrateOwnStore(other.url));
      await migrateOwnStore(other.url);
      const again = await ownStore(other.url).initialize();
      expect([statements, await shapeOf(again)]).toEqual([statements, whole]);
      await again.destroy();
      await other.remove();
      if (broken) continue;
      // The last run was not interrupted, so `statements` is the number of all statements that change the database.
      // They include those that create tables and those that record migrations as done.
      expect(statements).toBeGreaterThan(8);
      break;
    }
  });
});

/**
 * Runs `work`. The first `after` statements that change the database succeed, and all later ones fail.
 *
 * @returns true if a statement failed
 */
async function interrupt(source: DataSource, after: number, work: () => Promise<unknown>): Promise<boolean> {
  const runner = source.createQueryRunner();
  const prototype = Object.getPrototypeOf(runner) as QueryRunner;
  await runner.release();
  const query = Reflect.get(prototype, 'query') as (...words: unknown[]) => Promise<unknown>;
  let left = after;
  const spy = jest.spyOn(prototype, 'query').mockImplementation(function (this: QueryRunner, ...words) {
    if (/^\s*(CREATE|ALTER|INSERT INTO)/.test(words[0]) && (left -= 1) < 0) {
      return Promise.reject(new Error('interrupted'));
    }
    return query.apply(this, words);
  });
  try {
    await work();
    return false;
  } catch (error) {
    expect(String(error)).toContain('interrupted');
    return true;
  } finally {
    spy.mockRestore();
  }
}
