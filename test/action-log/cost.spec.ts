import { beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Condition, Cursor, Scope, SearchQuery } from '../../src/ledger/search/search-query.js';
import { type FoundPage, search, type SearchOptions } from '../../src/ledger/search/search.js';
import { insertManyActions } from '../support/action-log/many-actions.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { mariaDb } from '../support/databases/mariadb.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';

const ACTIONS = 20_000;
const NOW = '2026-11-01 00:00:00.000000';

const TENANT: Scope = { project: 'p-0' };
const OPERATOR: Scope = { all: true };

/** The limits of a search: the rows that MariaDB reads for each action of a page, and the statements. */
const MAX_ROWS = 20;
const MAX_STATEMENTS = 6;

interface Sent {
  readonly sql: string;
  readonly values: unknown[] | undefined;
}

/** A row of the result of EXPLAIN. */
interface Step {
  readonly table: string | null;
  readonly type: string | null;
  readonly Extra: string;
}

interface Measured {
  readonly page: FoundPage;
  readonly rows: number;
  readonly sent: readonly Sent[];
}

function is(
  field: 'user_id' | 'action' | 'status' | 'host' | 'event' | 'server_id' | 'request_id',
  ...values: string[]
): Condition {
  return { field, operator: 'in', values };
}

const LATE: Condition = { field: 'created_at', operator: 'lt', values: ['2026-06-01 00:00:00.000000'] };
const UPDATED: Condition = { field: 'updated_at', operator: 'gte', values: ['2026-08-01 00:00:00.000000'] };
const NOT_CREATED: Condition = { field: 'action', operator: 'nin', values: ['create', 'reboot'] };
const SERVER = is('server_id', '00000000-0000-4000-8000-000000000007');

/** The shapes of searches, by their names. */
const SHAPES: Readonly<Record<string, readonly Condition[]>> = {
  'all actions': [],
  'one user': [is('user_id', 'u-0')],
  'one action': [is('action', 'reboot')],
  errors: [is('status', 'error')],
  'one host': [is('host', 'h-0')],
  'one server': [SERVER],
  'one request': [is('request_id', 'req-4321')],
  'one event': [is('event', 'compute_create')],
  'before a time': [LATE],
  'changed after a time': [UPDATED],
  'several users': [is('user_id', 'u-0', 'u-1', 'u-2', 'u-3')],
  'many users': [is('user_id', ...Array.from({ length: 30 }, (_value, index) => `u-${index}`))],
  'other actions than two': [NOT_CREATED],
  'errors of a user': [is('user_id', 'u-0'), is('status', 'error')],
  'a user on a host': [is('user_id', 'u-0'), is('host', 'h-0')],
  'an action with an event on a host': [is('action', 'create'), is('host', 'h-1'), is('event', 'conductor')],
  'errors of a user without two actions': [
    is('user_id', 'u-1'),
    is('status', 'error', 'stalled'),
    NOT_CREATED,
  ],
  'a rare user, action and host': [is('user_id', 'u-900'), is('action', 'pause'), is('host', 'h-400')],
};

describe('the cost of a search on MariaDB', () => {
  let source: DataSource;
  let runner: QueryRunner;
  const keep = closeAfterAll();

  beforeAll(async () => {
    const server = await mariaDb();
    const url = await server.createDatabase('cost');
    keep(() => server.dropDatabase(url));
    await migrateOwnStore(url);
    source = keep(await ownStore(url).initialize());
    await insertManyActions(source, { count: ACTIONS });
    await source.query(
      'ANALYZE TABLE search_actions, search_hosts, copied_instance_actions, copied_instances',
    );
    runner = keep(source.createQueryRunner());
  });

  /** Returns the number of rows that the connection has read since the last FLUSH STATUS. */
  async function rowsRead(): Promise<number> {
    const counters = (await runner.query("SHOW SESSION STATUS LIKE 'Handler_read_%'")) as { Value: string }[];
    return counters.reduce((sum, { Value }) => sum + Number(Value), 0);
  }

  /** Runs a search on one connection. */
  async function measure(query: SearchQuery, options: SearchOptions): Promise<Measured> {
    const sent: Sent[] = [];
    const store = {
      options: source.options,
      query: <Rows>(sql: string, values?: unknown[]): Promise<Rows> => {
        sent.push({ sql, values });
        return runner.query(sql, values) as Promise<Rows>;
      },
    };
    await runner.query('FLUSH STATUS');
    const page = await search(store, query, options);
    return { page, rows: await rowsRead(), sent };
  }

  /** Measures the first page, and a page from the middle of the period. */
  async function measurePages(
    scope: Scope,
    conditions: readonly Condition[],
    limit: number,
  ): Promise<Measured[]> {
    const query: SearchQuery = { scope, conditions, sort: 'desc', limit, now: NOW };
    const middle: Cursor = { second: Date.UTC(2026, 4, 1) / 1_000, id: 0, direction: 'next' };
    return [
      await measure(query, { events: true }),
      await measure(query, { events: true, cursor: middle }),
      await measure({ ...query, sort: 'asc' }, { cursor: { ...middle, direction: 'previous' } }),
    ];
  }

  /** Returns the steps of a statement that read more than some ranges of an index, or that sort entries of the search. */
  async function expensiveSteps({ sql, values }: Sent): Promise<unknown[]> {
    const steps = (await runner.query(`EXPLAIN ${sql}`, values)) as Step[];
    const isCheap = (type: string | null): boolean =>
      ['const', 'eq_ref', 'ref', 'range', null].includes(type);
    const sorts = ({ table, Extra }: Step): boolean =>
      ['found', 'entry', 'search_actions'].includes(table ?? '') && /filesort|temporary/.test(Extra);
    return steps.filter((step) => !isCheap(step.type) || sorts(step));
  }

  describe.each(Object.entries(SHAPES))('a search for %s', (_name, conditions) => {
    it.each([
      ['in one project', TENANT],
      ['in all projects', OPERATOR],
    ])(`reads few rows with few statements %s`, async (_title, scope) => {
      for (const limit of [20, 100, 400]) {
        for (const { rows, sent } of await measurePages(scope, conditions, limit)) {
          expect(sent.length).toBeLessThanOrEqual(MAX_STATEMENTS);
          expect(rows).toBeLessThanOrEqual(MAX_ROWS * Math.max(limit, 100));
          for (const statement of sent) expect(await expensiveSteps(statement)).toEqual([]);
        }
      }
    });
  });

  it('a search in one project reads the same rows if the other projects have twice as many actions', async () => {
    const all = async (): Promise<unknown[]> => {
      const measured: unknown[] = [];
      for (const conditions of Object.values(SHAPES)) {
        for (const { page, rows, sent } of await measurePages(TENANT, conditions, 100)) {
          const { actions, next, previous, scannedTo } = page;
          const ids = actions.map(({ full }) => full.copyId);
          measured.push({ conditions, rows, statements: sent.length, ids, next, previous, scannedTo });
        }
      }
      return measured;
    };
    const before = await all();
    await insertManyActions(source, { count: ACTIONS, first: ACTIONS + 100, projects: 'other' });
    expect(await all()).toEqual(before);
  });
});
