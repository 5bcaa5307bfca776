import { beforeAll, describe, expect, it } from '@jest/globals';
import { loadSettings } from '../../src/config/load-settings.js';
import { type Cell, Cells } from '../../src/database/cells/cells.js';
import type { Database } from '../../src/database/connection/database.js';
import { type ListQuery, listQuery } from '../../src/os-migrations/migrations.query.js';
import { MigrationsService } from '../../src/os-migrations/migrations.service.js';
import { MigrationsStore } from '../../src/os-migrations/migrations.store.js';
import { Microversion, NEWEST_MICROVERSION } from '../../src/nova/microversion/microversion.js';
import type { Access } from '../../src/nova/policy/access.js';
import type { Server } from '../../src/nova/servers/server.js';
import { personas } from '../conformance/cases.js';
import { filterQueries, type MigrationIds, listQueries } from '../support/requests/migrations.js';
import { PlannedStore } from '../support/databases/own-plans.js';
import { contextOf } from '../support/requests/persona-context.js';
import { fillStore, storeKinds, type TestStore } from '../support/databases/stores.js';
import { closeAfterAll } from '../support/close-after-all.js';

const SERVERS = 200;
const MIGRATIONS = 6_000;
const known: MigrationIds = { server: id(7), projectId: 'c0ffee', marker: id(3_000) };

function id(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/**
 * Returns rows for the table of migrations. Nearly all are completed live migrations, as in clouds that have been in
 * use for years.
 */
function rows(): Record<string, unknown>[] {
  const start = Date.UTC(2025, 0, 1);
  return Array.from({ length: MIGRATIONS }, (_, number) => {
    const time = new Date(start + number * 60_000).toISOString().slice(0, 19).replace('T', ' ');
    return {
      created_at: time,
      updated_at: time,
      deleted: 0,
      uuid: id(number),
      instance_uuid: id(number % SERVERS),
      status: number % 500 === 1 ? 'running' : 'completed',
      migration_type: number % 500 === 1 ? 'evacuation' : 'live-migration',
      source_compute: `compute-${number % 100}`,
      dest_compute: `compute-${(number + 1) % 100}`,
      hidden: 0,
      user_id: 'user',
      project_id: number % 2 ? 'c0ffee' : `project-${number}`,
    };
  });
}

class OneCell extends Cells {
  constructor(private readonly planned: PlannedStore) {
    super();
  }

  override find = (): Promise<undefined> => Promise.resolve(undefined);

  override async all(): Promise<readonly Cell[]> {
    return [{ database: await this.mainDatabase(), isCell0: false }];
  }

  protected override mainDatabase(): Promise<Database> {
    return Promise.resolve(this.apiDatabase());
  }

  protected override apiDatabase(): Database {
    const { source } = this.planned;
    const read: Database['read'] = (_deadline, query) => query(source);
    return { read } as Database;
  }
}

const OPERATOR: Access = { view: 'internal', fields: { allProjects: true } };

describe.each(storeKinds)(
  "queries for migrations in the service's own database on %s",
  (_kind, createStore) => {
    const caller = contextOf(personas['admin'] ?? { user_id: '', project_id: '', roles: [] });
    let store: TestStore;
    let planned: PlannedStore;
    let service: MigrationsService;

    const keep = closeAfterAll();

    beforeAll(async () => {
      store = keep(await createStore());
      await fillStore(store.url, { migrations: rows() });
      planned = await PlannedStore.open(store.url);
      keep(planned.source);
      const settings = loadSettings({ MAX_LIMIT: '50' }, 'no.env');
      service = new MigrationsService(settings, new MigrationsStore(new OneCell(planned)));
    });

    it.each(listQueries(known).map((query) => new URLSearchParams(query).toString()))(
      'the SQL query for a page of migrations uses an index: %s',
      async (text) => {
        const query = listQuery.read(NEWEST_MICROVERSION, text) as ListQuery;
        const { items } = await service.list(caller, query, OPERATOR);
        expect(items.length).toBeLessThanOrEqual(50);
        const plans = await planned.plans();
        expect(plans.length).toBeGreaterThan(0);
        expect(plans.filter((plan) => !plan.includes('migrations_'))).toEqual([]);
      },
    );

    /**
     * Queries that match all rows, or nearly all. Before microversion 2.59 a list has no pages, so the database may
     * read the whole table.
     */
    const ALL = ['', 'hidden=0', 'migration_type=live-migration', 'status=completed'];

    it.each(filterQueries(known).map((query) => new URLSearchParams(query).toString()))(
      'the SQL query for a list of migrations before microversion 2.59 uses an index, except if it matches nearly all rows: %s',
      async (text) => {
        const query = listQuery.read(Microversion.of(2, 58), text) as ListQuery;
        await service.list(caller, query, OPERATOR);
        const plans = await planned.plans();
        expect(plans.length).toBeGreaterThan(0);
        if (!ALL.includes(text)) expect(plans.filter((plan) => !plan.includes('migrations_'))).toEqual([]);
      },
    );

    it('the SQL queries for all live migrations of a server in progress, and for a single one, use an index', async () => {
      const server = {
        uuid: known.server,
        urlId: known.server,
        rows: (query: Parameters<Server['rows']>[0]) => query(planned.source),
      } as unknown as Server;
      await service.listOfServer(server, OPERATOR);
      const [first, ...more] = await planned.plans();
      expect([first, more]).toEqual([expect.stringContaining('migrations_instance_uuid_and_status_idx'), []]);
      await expect(service.show(server, '8')).rejects.toThrow('not in progress');
      expect(await planned.plans()).toEqual([expect.stringMatching(/PRIMARY/)]);
    });
  },
);
