import { beforeAll, describe, expect, it } from '@jest/globals';
import { Entity } from 'typeorm';
import type { Cells } from '../../src/database/cells/cells.js';
import { Text } from '../../src/database/rows/columns.js';
import { NovaApiRow, NovaRow } from '../../src/database/rows/nova-row.entity.js';
import { NovaCells } from '../../src/database/cells/nova-cells.js';
import { OwnCells } from '../../src/database/cells/own-cells.js';
import { OwnStore } from '../../src/database/own-store/own-store.js';
import { createsTables } from '../../src/database/tables/creates-tables.js';
import type { Tables } from '../../src/database/tables/module-with-tables.js';
import { selectRows } from '../../src/database/rows/rows.js';
import { loadSettings } from '../../src/config/load-settings.js';
import { type MariaDbServer, mariaDb } from '../support/databases/mariadb.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';
import { closeAfterAll } from '../support/close-after-all.js';

/** The entity of a table that exists only in Nova's API database, as a module declares it. */
@Entity('cell_mappings')
class CellMapping extends NovaApiRow {
  @Text(36) uuid!: string | null;
  @Text() name!: string | null;
}

/** The entity of a table whose rows can be soft-deleted. */
@Entity('things')
class Thing extends NovaRow {
  @Text() name!: string | null;
}

const TABLES: Tables = {
  entities: [CellMapping, Thing],
  migrations: [
    createsTables('CreateBoth1790000000000', {
      cell_mappings: { isInApiDatabase: true, ids: ['uuid'], texts: ['name'] },
      things: { texts: ['name'] },
    }),
  ],
  examples: [],
};

/**
 * Returns the names that two queries find: one query for all rows of `cell_mappings`, and one for the row with the name
 * cell1.
 */
async function namesIn(cells: Cells): Promise<readonly (string | null)[]> {
  const api = cells.api();
  const all = await api.rows((source) =>
    selectRows(source, CellMapping, ['id', 'name']).orderBy('item.id').getRawMany<CellMapping>(),
  );
  const one = await api.rows((source) =>
    selectRows(source, CellMapping, ['name'])
      .andWhere('item.name = :name', { name: 'cell1' })
      .getRawMany<CellMapping>(),
  );
  return [...all, ...one].map(({ name }) => name);
}

describe("a query for Nova's API database, whose tables have no soft-deleted rows", () => {
  describe("without Nova's databases", () => {
    let store: TestStore;
    let own: OwnStore;
    let cells: OwnCells;

    const keep = closeAfterAll();

    beforeAll(async () => {
      store = keep(await createSqlite());
      own = keep(await OwnStore.open(loadSettings({ DATABASE_URL: store.url }, 'no.env'), TABLES));
      cells = new OwnCells(own.database);
    });

    it("without Nova's databases, a query for Nova's API database runs on the service's own database", async () => {
      await cells.api().rows(async (source) => {
        const names = ['cell0', 'cell1', 'cell2'];
        await source.getRepository(CellMapping).insert(names.map((name) => ({ name })));
        return [];
      });
      expect(await namesIn(cells)).toEqual(['cell0', 'cell1', 'cell2', 'cell1']);
    });

    it("without Nova's databases, a query for Nova's API database omits soft-deleted rows of a table that can have such rows", async () => {
      const rows = await cells.api().rows(async (source) => {
        await source.getRepository(Thing).insert([{ name: 'there' }, { name: 'gone', deleted: 2 }]);
        return selectRows(source, Thing, ['name']).getRawMany<Thing>();
      });
      expect(rows.map(({ name }) => name)).toEqual(['there']);
    });
  });

  describe("with Nova's databases", () => {
    let server: MariaDbServer;
    let databases: NovaDatabases;
    let cells: NovaCells;

    const keep = closeAfterAll();

    beforeAll(async () => {
      server = keep(await mariaDb());
      databases = keep(await createNovaDatabases(server));
      cells = keep(await NovaCells.open({ NOVA_API_DATABASE_URL: databases.apiUrl }, TABLES));
    });

    it("with Nova's databases, a query for Nova's API database runs on that database, and on no cell", async () => {
      expect(await namesIn(cells)).toEqual(['cell0', 'cell1', 'cell2', 'cell1']);
    });
  });
});
