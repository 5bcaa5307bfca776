import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DataSource, Entity, type QueryRunner } from 'typeorm';
import type { RowSource } from '../../src/database/rows/rows.js';
import { childRows } from '../../src/database/rows/child-rows.js';
import { Bool, LongText, Text, Whole } from '../../src/database/rows/columns.js';
import { ownStore } from '../../src/database/connection/data-source.js';
import { NovaApiRow } from '../../src/database/rows/nova-row.entity.js';
import { createsTables } from '../../src/database/tables/creates-tables.js';
import type { Tables } from '../../src/database/tables/module-with-tables.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';

@Entity('shelf_books')
class ShelfBook extends NovaApiRow {
  @Whole() shelf_id!: number;
  @Text() title!: string;
  @LongText() details!: string | null;
  @Whole('bigint') bytes!: number | null;
  @Bool() is_lent!: 0 | 1 | null;
}

/** Only the table of books has an entity, because `childRows` needs one to read rows. */
const TABLES: Tables = { entities: [ShelfBook], migrations: [], examples: [] };

const CreateShelves = createsTables('CreateShelves1', {
  shelves: { isInApiDatabase: true, texts: ['name'] },
  shelf_books: {
    isInApiDatabase: true,
    texts: ['title'],
    longTexts: ['details'],
    longNumbers: ['bytes'],
    booleans: ['is_lent'],
    required: ['title'],
    references: { shelf_id: 'shelves' },
  },
});

describe.each(storeKinds)("a table of the service's own database on %s", (_kind, createStore) => {
  let store: TestStore;
  let source: DataSource;
  let runner: QueryRunner;

  beforeAll(async () => {
    store = await createStore();
    source = await ownStore(store.url, TABLES).initialize();
    runner = source.createQueryRunner();
    // The migration runs twice, because an interrupted migration runs again from its start.
    for (let time = 0; time < 2; time += 1) await new CreateShelves().up(runner);
    for (const name of ['high', 'low', 'empty']) await insert('shelves', { name });
    const long = JSON.stringify({ text: 'x'.repeat(10_000) });
    await insert('shelf_books', { shelf_id: 2, title: 'b', details: long, bytes: 2 ** 40, is_lent: 1 });
    await insert('shelf_books', { shelf_id: 1, title: 'c', is_lent: 0 });
    await insert('shelf_books', { shelf_id: 2, title: 'a' });
  });

  afterAll(async () => {
    await runner.release();
    await source.destroy();
    await store.remove();
  });

  function insert(table: string, row: Readonly<Record<string, unknown>>): Promise<unknown> {
    const columns = Object.keys(row);
    const marks = columns.map(() => '?').join(', ');
    return source.query(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`, Object.values(row));
  }

  it("a table of the service's own database stores long texts, 64-bit numbers and booleans", async () => {
    const columns = ['bytes', 'details', 'is_lent'];
    const rows = await source.query<ShelfBook[]>(`SELECT ${columns.join(', ')} FROM shelf_books ORDER BY id`);
    expect(rows.map(({ details, bytes, is_lent }) => [details?.length, Number(bytes), is_lent])).toEqual([
      [10_011, 2 ** 40, 1],
      [undefined, 0, 0],
      [undefined, 0, null],
    ]);
  });

  it("a table of the service's own database rejects a row without a required value, and a reference to a row that does not exist", async () => {
    await expect(insert('shelf_books', { shelf_id: 1 })).rejects.toThrow(/title/);
    await expect(insert('shelf_books', { shelf_id: 9, title: 'd' })).rejects.toThrow(/foreign key/i);
  });

  it('childRows reads the child rows of many parent rows with one query, and sends no query if there are no parent rows', async () => {
    let queries = 0;
    const database: RowSource = {
      rows: (query) => {
        queries += 1;
        return query(source);
      },
    };
    const books = await childRows(database, ShelfBook, ['title'], 'shelf_id', [1, 2, 3]);
    expect([...books].map(([id, rows]) => [id, rows.map(({ title }) => title)]).sort()).toEqual([
      [1, ['c']],
      [2, ['b', 'a']],
    ]);
    expect(await childRows(database, ShelfBook, ['title'], 'shelf_id', [])).toEqual(new Map());
    expect(queries).toBe(1);
  });

  it('when a migration is undone, a table is dropped before the table that it references', async () => {
    await new CreateShelves().down(runner);
    expect([await runner.hasTable('shelves'), await runner.hasTable('shelf_books')]).toEqual([false, false]);
  });
});
