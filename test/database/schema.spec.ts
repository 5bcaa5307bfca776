import { describe, expect, it } from '@jest/globals';
import { ownStore } from '../support/databases/own-store.js';
import { storeKinds } from '../support/databases/stores.js';

interface Shape {
  readonly columns: readonly string[];
  readonly indexes: Readonly<Record<string, readonly string[]>>;
}

describe.each(storeKinds)("the tables of the service's own database on %s", (_kind, createStore) => {
  it("the tables of the service's own database have the columns and the indexes of the entities after all migrations", async () => {
    const store = await createStore();
    const source = await ownStore(store.url).initialize();
    const runner = source.createQueryRunner();
    try {
      await source.runMigrations();
      expect(source.entityMetadatas.length).toBeGreaterThanOrEqual(3);
      for (const { tableName, columns, indices } of source.entityMetadatas) {
        const table = await runner.getTable(tableName);
        const declared: Shape = {
          columns: columns.map((column) => column.databaseName).sort(),
          indexes: Object.fromEntries(
            indices.map(({ name, columns: of }) => [name, of.map((column) => column.databaseName)]),
          ),
        };
        const made: Shape = {
          columns: table?.columns.map((column) => column.name).sort() ?? [],
          indexes: Object.fromEntries(
            (table?.indices ?? []).map((index) => [index.name ?? '', index.columnNames]),
          ),
        };
        expect([tableName, made]).toEqual([tableName, declared]);
      }
      for (let undone = 0; undone < source.migrations.length; undone += 1) await source.undoLastMigration();
      for (const { tableName } of source.entityMetadatas) {
        expect([tableName, await runner.hasTable(tableName)]).toEqual([tableName, false]);
      }
    } finally {
      await runner.release();
      await source.destroy();
      await store.remove();
    }
  });
});
