import { beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { novaEventOf, readActions } from '../../src/ledger/actions/action-rows.js';
import { State } from '../../src/ledger/actions/action-status.js';
import type { ActionParts, FullAction } from '../../src/ledger/actions/full-action.js';
import { codeOf } from '../../src/ledger/search/codes.js';
import { type SearchRow, searchRow } from '../../src/ledger/search/search-row.js';
import { deleteSearchRows, writeSearchRows } from '../../src/ledger/search/write-search-rows.js';
import { type GeneratedAction, generateLog } from '../support/action-log/generated-log.js';
import { insertLog } from '../support/action-log/insert-log.js';
import type { Database } from '../../src/database/connection/database.js';
import { OwnStore } from '../../src/database/own-store/own-store.js';
import { numberFor } from '../../src/ledger/cells/cell-states.js';
import { head } from '../../src/ledger/record/record.js';
import { Indexer } from '../../src/ledger/search/indexer.js';
import { type SearchEvent, searchEvents } from '../../src/ledger/search/progress.js';
import { randomChange } from '../support/action-log/random-change.js';
import { Random } from '../support/random.js';
import { SHORT_PAUSES, untilIndexed } from '../support/action-log/index-all.js';
import { until } from '../support/time/until.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { migrateOwnStore, ownStore, TABLES } from '../support/databases/own-store.js';
import { storeKinds } from '../support/databases/stores.js';

type Row = Readonly<Record<string, unknown>>;

const log = generateLog(21, 700);
const shown = log.actions.filter(({ isShown }) => isShown);
const idsOf = (actions: readonly { readonly copyId: number }[]): number[] =>
  actions.map(({ copyId }) => copyId);

/** Returns an action of the log in the form in which `readActions` returns it, without its position. */
function partsOf({ cell, action, events, server }: ActionParts): ActionParts {
  const facts = server && {
    ...{ uuid: server.uuid, project_id: server.project_id, user_id: server.user_id },
    ...{ display_name: server.display_name, availability_zone: server.availability_zone },
    ...{ vm_state: server.vm_state, launched_at: server.launched_at, created_at: server.created_at },
    ...{ terminated_at: server.terminated_at, deleted_at: server.deleted_at, deleted: server.deleted },
  };
  return { cell, action, events, server: facts };
}

/** Returns the rows of the tables of the search that contain the search rows. */
function storedForm(rows: readonly SearchRow[]): { readonly actions: Row[]; readonly hosts: Row[] } {
  const sorted = rows.toSorted((one, other) => one.id - other.id);
  return {
    actions: sorted.map((row) => {
      const { second, id, project, server, request, user, action, state, position } = row;
      const {
        createdAt: created_at,
        startedAt: started_at,
        finishedAt: finished_at,
        updatedAt: updated_at,
      } = row;
      const codes = { project, server, request, user, action };
      return { second, id, ...codes, state, created_at, started_at, finished_at, updated_at, position };
    }),
    hosts: sorted.flatMap(({ hosts, state, second, id, project }) =>
      hosts.toSorted((one, other) => one - other).map((host) => ({ host, state, second, id, project })),
    ),
  };
}

function withNumbers(row: Row): Row {
  const isWhole = (value: unknown): boolean => typeof value === 'string' && /^\d+$/.test(value);
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, isWhole(value) ? Number(value) : value]),
  );
}

/** Returns all rows of the search. Numbers are numbers, although MariaDB returns some as texts. */
async function storedRows(source: DataSource): Promise<ReturnType<typeof storedForm>> {
  const [actions, hosts] = [
    await source.query<Row[]>('SELECT * FROM search_actions ORDER BY id'),
    await source.query<Row[]>('SELECT * FROM search_hosts ORDER BY id, host'),
  ];
  return { actions: actions.map(withNumbers), hosts: hosts.map(withNumbers) };
}

describe.each(storeKinds)('the search rows on %s', (_kind, create) => {
  let source: DataSource;
  const keep = closeAfterAll();

  beforeAll(async () => {
    const store = keep(await create());
    await migrateOwnStore(store.url);
    source = keep(await ownStore(store.url).initialize());
    await insertLog(source, log);
  });

  it('the reader of actions returns the rows of each shown action, with the position of its entry', async () => {
    const all = await readActions(source, idsOf(log.actions), { events: true });
    expect([...all.keys()].sort()).toEqual(idsOf(shown).sort());
    const comparable = ({ events, ...action }: FullAction): ActionParts =>
      partsOf({ ...action, events: events.map(novaEventOf) });
    const found = shown.map(({ copyId }) => all.get(copyId)).map((action) => action && comparable(action));
    expect(found).toEqual(shown.map((action) => partsOf(action)));
    expect([...all.values()].every(({ position, cell }) => (position === null) === (cell === 0))).toBe(true);
  });

  it('the reader of actions reads no events and no long texts for a caller that does not need them', async () => {
    const bare = await readActions(source, idsOf(shown), { events: false });
    expect([...bare.values()].every(({ events }) => events.length === 0)).toBe(true);
    const { copyId, events } = shown.find((one) => one.events.length > 1) as GeneratedAction;
    const table = copyId < 2 ** 37 ? 'instance_actions_events' : 'copied_instance_actions_events';
    await source.query(`UPDATE ${table} SET traceback = 'long', details = 'long' WHERE action_id = ?`, [
      copyId,
    ]);
    const texts = async (longTexts: boolean): Promise<unknown[]> => {
      const action = (await readActions(source, [copyId], { events: true, longTexts })).get(copyId);
      return (action?.events ?? []).flatMap(({ traceback, details }) => [traceback, details]);
    };
    expect(await texts(false)).toEqual(events.flatMap(() => [null, null]));
    expect(await texts(true)).toEqual(events.flatMap(() => ['long', 'long']));
    await source.query(`UPDATE ${table} SET traceback = NULL, details = NULL WHERE action_id = ?`, [copyId]);
  });

  it('the writer of search rows inserts rows, replaces rows and their hosts, and deletes rows', async () => {
    const rows = shown.map((action, index) => searchRow(action.copyId, action, index + 1));
    await source.transaction((manager) => writeSearchRows(manager, rows));
    expect(await storedRows(source)).toEqual(storedForm(rows));
    const changed = rows.map((row, index): SearchRow => {
      if (index % 3 !== 0) return row;
      return {
        ...row,
        second: row.second + 1,
        state: State.unknown,
        position: 9_999,
        hosts: [codeOf('host', 'other')],
      };
    });
    await source.transaction((manager) => writeSearchRows(manager, changed));
    expect(await storedRows(source)).toEqual(storedForm(changed));
    await source.transaction((manager) => deleteSearchRows(manager, idsOf(shown.slice(10))));
    expect(await storedRows(source)).toEqual(storedForm(changed.slice(0, 10)));
    await source.transaction((manager) => deleteSearchRows(manager, idsOf(shown)));
    expect(await storedRows(source)).toEqual({ actions: [], hosts: [] });
  });
});

describe.each(storeKinds)('the indexer on %s', (_kind, create) => {
  let source: DataSource;
  let database: Database;
  const keep = closeAfterAll();

  beforeAll(async () => {
    const store = keep(await create());
    await migrateOwnStore(store.url);
    const own = keep(await OwnStore.open({ DATABASE_URL: store.url, MIGRATE_ON_START: false }, TABLES));
    database = own.database;
    source = keep(await ownStore(store.url).initialize());
    await database.write((manager) => numberFor(manager, { uuid: 'cell-1', name: 'one', created_at: null }));
  });

  const started = (on: Database = database): Indexer => {
    const indexer = new Indexer(on, SHORT_PAUSES);
    indexer.start();
    return indexer;
  };

  /** Returns the rows that the search must have, computed from all rows of actions. */
  const expected = async (): Promise<ReturnType<typeof storedForm>> => {
    const tables = ['instance_actions', 'copied_instance_actions'];
    const ids = await Promise.all(tables.map((table) => source.query<Row[]>(`SELECT id FROM ${table}`)));
    const positions = new Map(
      (
        await source.query<Row[]>(
          'SELECT nova_id AS id, MAX(position) AS position FROM entries WHERE cell = 0 GROUP BY nova_id',
        )
      ).map(({ id, position }) => [Number(id), Number(position)]),
    );
    const actions = await readActions(
      source,
      ids.flat().map(({ id }) => Number(id)),
      { events: true },
    );
    return storedForm(
      [...actions].map(([id, action]) =>
        searchRow(id, action, (action.cell === 0 ? positions.get(id) : action.position) ?? 0),
      ),
    );
  };

  it('keeps the search rows in step with random changes, while processes restart and transactions fail', async () => {
    const random = new Random(22);
    let failures = 0;
    const failing = {
      read: database.read.bind(database),
      write: (work, options) =>
        database.write(async (manager) => {
          const result = await work(manager);
          if (failures < 200 && failures++ % 3 === 0)
            throw new Error('the process is killed before the commit');
          return result;
        }, options),
    } as Partial<Database> as Database;
    await insertLog(source, log);
    const indexers = [started(failing), started(database)];
    for (let n = 0; n < 80; n += 1) {
      await database.write(randomChange(random, log));
      if (n % 20 === 0) {
        await indexers.shift()?.stop();
        indexers.push(started(n % 40 === 0 ? failing : database));
      }
    }
    await untilIndexed(database);
    for (const indexer of indexers) await indexer.stop();
    expect(await storedRows(source)).toEqual(await expected());
  });

  it('indexes all entries, although one host of the store often lacks the newest ones', async () => {
    const [random, hosts] = [new Random(23), new Random(24)];
    let known = 0;
    const lagging = (on: DataSource): DataSource => {
      const query = async (sql: string, values?: unknown[]): Promise<Row[]> => {
        const rows = await on.query<Row[]>(sql, values);
        if (sql.includes('FROM entries')) return rows.filter(({ position }) => Number(position) <= known);
        return rows.map((row) => (row['name'] === 'entries' ? { ...row, position: known } : row));
      };
      return { query, options: on.options } as Partial<DataSource> as DataSource;
    };
    const twoHosts = {
      read: (deadline, query) => database.read(deadline, (on) => query(hosts.chance(0.5) ? on : lagging(on))),
      write: database.write.bind(database),
    } as Partial<Database> as Database;
    const indexer = started(twoHosts);
    for (let n = 0; n < 40; n += 1) {
      known = (await head(source)).position;
      await database.write(randomChange(random, log));
      await untilIndexed(database);
    }
    await indexer.stop();
    expect(await storedRows(source)).toEqual(await expected());
  });

  it('indexes actions without entries, and those that were there before the search', async () => {
    await source.query('DELETE FROM search_actions');
    await source.query('DELETE FROM search_hosts');
    await source.query("UPDATE record_head SET position = 9007199254740991 WHERE name LIKE 'search-%'");
    await source.query("UPDATE record_head SET position = 0 WHERE name = 'search'");
    const remaining: (number | undefined)[] = [];
    const listen = (event: SearchEvent): void => void remaining.push(event.remaining);
    searchEvents.subscribe(listen);
    const indexer = started();
    await untilIndexed(database);
    await indexer.stop();
    searchEvents.unsubscribe(listen);
    expect(await storedRows(source)).toEqual(await expected());
    expect(Math.max(...remaining.map((one) => one ?? 0))).toBeGreaterThan(0);
  });

  it('writes nothing while there is nothing to index', async () => {
    const lease = (): Promise<Row[]> =>
      source.query<Row[]>("SELECT token, held_until FROM nova_action_log_leases WHERE name = 'search'");
    const before = await lease();
    let checks = 0;
    const listen = (): void => void (checks += 1);
    searchEvents.subscribe(listen);
    const indexer = started();
    await until(() => checks > 5, 'the indexer has checked for entries several times');
    await indexer.stop();
    searchEvents.unsubscribe(listen);
    expect(await lease()).toEqual(before);
  });
});
