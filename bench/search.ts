import type { DataSource } from 'typeorm';
import { State } from '../src/ledger/actions/action-status.js';
import { codeOf, projectCode } from '../src/ledger/search/codes.js';
import type { Condition, Cursor, SearchQuery } from '../src/ledger/search/search-query.js';
import { search } from '../src/ledger/search/search.js';
import { END, insertManyActions, START } from '../test/support/action-log/many-actions.js';
import type { MariaDbServer } from '../test/support/databases/mariadb.js';
import { migrateOwnStore, ownStore } from '../test/support/databases/own-store.js';
import { Random } from '../test/support/random.js';

const LIMIT = 100;

/** The number of pages of each kind. */
const PAGES = 200;

type Field = 'user' | 'action' | 'state' | 'host';

/** The filters of the searches. */
const FILTERS: readonly (readonly Field[])[] = [
  ...([[], ['user'], ['state'], ['host'], ['user', 'state'], ['action', 'host']] as const),
  ...([
    ['user', 'action', 'state'],
    ['user', 'host', 'state'],
  ] as const),
];

/** A search with values, as conditions and as codes. */
interface Search {
  readonly isTenant: boolean;
  readonly values: Readonly<Partial<Record<Field, string>>>;
  readonly cursor: Cursor | undefined;
}

interface Cost {
  readonly milliseconds: number;
  readonly statements: number;
  readonly rows: number;
  readonly found: number;
}

/**
 * Measures searches over many actions: pages of 100, the first one and others, in one project and in all. Compares each
 * with one SQL statement that has an index of its own for exactly these filters.
 *
 * @returns a table
 */
export async function measureSearch(server: MariaDbServer, actions: number): Promise<string> {
  const url = await server.createDatabase('search');
  await migrateOwnStore(url);
  const source = await ownStore(url).initialize();
  try {
    await fill(source, actions);
    const lines: string[] = [];
    for (const isTenant of [true, false])
      for (const fields of FILTERS) lines.push(...(await compare(source, isTenant, fields)));
    return [
      `${actions.toLocaleString('en')} actions, pages of ${LIMIT}; milliseconds p50 / p99, statements, rows read, actions found`,
      ...lines,
    ].join('\n');
  } finally {
    await source.destroy();
    await server.dropDatabase(url);
  }
}

/** Fills the store. Creates the indexes after the rows, which takes less time. */
async function fill(source: DataSource, count: number): Promise<void> {
  const indexes = await source.query<
    { table: string; name: string; columns: string; isOther: number | string }[]
  >(
    `SELECT table_name AS 'table', index_name AS name, MAX(non_unique) AS isOther,
       GROUP_CONCAT(column_name ORDER BY seq_in_index) AS columns
     FROM information_schema.statistics WHERE table_schema = DATABASE() AND index_name <> 'PRIMARY'
       AND (table_name LIKE 'search%' OR table_name LIKE 'copied%') GROUP BY table_name, index_name`,
  );
  for (const { table, name } of indexes) await source.query(`ALTER TABLE ${table} DROP INDEX ${name}`);
  await insertManyActions(source, { count });
  for (const { table, name, columns, isOther } of indexes) {
    const kind = Number(isOther) === 0 ? 'UNIQUE INDEX' : 'INDEX';
    await source.query(`ALTER TABLE ${table} ADD ${kind} ${name} (${columns})`);
  }
  await source.query('ANALYZE TABLE search_actions, search_hosts, copied_instance_actions, copied_instances');
}

async function compare(source: DataSource, isTenant: boolean, fields: readonly Field[]): Promise<string[]> {
  const table = fields.includes('host') ? 'search_hosts' : 'search_actions';
  const equal = [...(isTenant ? ['project'] : []), ...fields.filter((field) => isColumnOf(table, field))];
  await source.query(`ALTER TABLE ${table} ADD INDEX by_hand (${[...equal, 'second', 'id'].join()})`);
  const lines: string[] = [];
  for (const isDeep of [false, true]) {
    const random = new Random(1);
    const service: Cost[] = [];
    const hand: Cost[] = [];
    for (let page = 0; page < PAGES; page += 1) {
      const wanted = randomSearch(random, isTenant, fields, isDeep);
      service.push(await costOf(source, page, (store) => bySearch(store, wanted)));
      hand.push(await costOf(source, page, (store) => byHand(store, table, wanted)));
    }
    const name = `${isTenant ? 'one project' : 'all projects'}, ${fields.join(' + ') || 'no filter'}, ${isDeep ? 'deep' : 'first'} page`;
    lines.push(`${name}: ${textOf(service)}; by hand: ${textOf(hand)}`);
  }
  await source.query(`ALTER TABLE ${table} DROP INDEX by_hand`);
  return lines;
}

function isColumnOf(table: string, field: Field): boolean {
  return table === 'search_actions' || field === 'host' || field === 'state';
}

function randomSearch(random: Random, isTenant: boolean, fields: readonly Field[], isDeep: boolean): Search {
  const low = (limit: number): number => Math.floor(limit ** random.next() - 1);
  const values = {
    user: `u-${low(1_000)}`,
    action: random.pick(['create', 'reboot', 'delete']),
    state: 'error',
    host: `h-${low(500)}`,
  };
  const second = random.int(START + 86_400, END);
  return {
    isTenant,
    values: Object.fromEntries(fields.map((field) => [field, values[field]])),
    cursor: isDeep ? { second, id: 0, direction: 'next' } : undefined,
  };
}

type Connection = Pick<DataSource, 'query' | 'options'>;

/** Returns the cost of a function. Counts the rows only on some pages, because that needs one connection. */
async function costOf(
  source: DataSource,
  page: number,
  run: (store: Connection) => Promise<number>,
): Promise<Cost> {
  let [statements, rows] = [0, 0];
  if (page % 10 === 0) {
    const runner = source.createQueryRunner();
    await runner.query('FLUSH STATUS');
    await run({
      options: source.options,
      query: (sql: string, values?: unknown[]) => {
        statements += 1;
        return runner.query(sql, values) as Promise<never>;
      },
    });
    const counters = (await runner.query("SHOW SESSION STATUS LIKE 'Handler_read_%'")) as { Value: string }[];
    rows = counters.reduce((sum, { Value }) => sum + Number(Value), 0);
    await runner.release();
  }
  const startedAt = performance.now();
  const found = await run(source);
  return { milliseconds: performance.now() - startedAt, statements, rows, found };
}

async function bySearch(store: Connection, { isTenant, values, cursor }: Search): Promise<number> {
  const fields = { user: 'user_id', action: 'action', state: 'status', host: 'host' } as const;
  const query: SearchQuery = {
    scope: isTenant ? { project: 'p-0' } : { all: true },
    conditions: Object.entries(values).map(([field, value]): Condition => ({
      field: fields[field as Field],
      operator: 'in',
      values: [value],
    })),
    ...{ sort: 'desc', limit: LIMIT, now: '2026-11-01 00:00:00.000000' },
  };
  return (await search(store, query, { cursor })).actions.length;
}

async function byHand(
  store: Connection,
  table: string,
  { isTenant, values, cursor }: Search,
): Promise<number> {
  const conditions = Object.entries(values).map(([field, value]) => {
    const code = field === 'state' ? State.error : codeOf(field as 'user' | 'action' | 'host', value);
    return `${isColumnOf(table, field as Field) ? 'entry' : 'found'}.${field} = ${code}`;
  });
  if (isTenant) conditions.push(`entry.project = ${projectCode('p-0')}`);
  if (cursor !== undefined) conditions.push(`entry.second < ${cursor.second}`);
  const rows = await store.query<unknown[]>(
    `SELECT STRAIGHT_JOIN found.*, action.*, server.project_id FROM ${table} entry FORCE INDEX (by_hand)
     JOIN search_actions found ON found.second = entry.second AND found.id = entry.id
     JOIN copied_instance_actions action ON action.id = entry.id
     LEFT JOIN copied_instances server ON server.uuid = action.instance_uuid
     WHERE ${conditions.join(' AND ') || 'TRUE'} ORDER BY entry.second DESC, entry.id DESC LIMIT ${LIMIT}`,
  );
  return rows.length;
}

function textOf(costs: readonly Cost[]): string {
  const sorted = costs.map(({ milliseconds }) => milliseconds).sort((one, other) => one - other);
  const at = (share: number): string => (sorted[Math.floor(share * sorted.length)] ?? 0).toFixed(1);
  const highest = (field: 'statements' | 'rows'): number => Math.max(...costs.map((cost) => cost[field]));
  const found = costs.reduce((sum, cost) => sum + cost.found, 0) / costs.length;
  return `${at(0.5)} / ${at(0.99)} ms, ${highest('statements')}, ${highest('rows')}, ${found.toFixed(0)}`;
}
