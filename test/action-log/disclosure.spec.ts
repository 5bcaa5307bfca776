import { beforeAll, expect, it } from '@jest/globals';
import type { QueryRunner } from 'typeorm';
import { ActionFinder } from '../../src/action-log/action-finder.js';
import { ActionList } from '../../src/action-log/action-list.js';
import { ActionsQuery } from '../../src/action-log/action-log.query.js';
import { ActionLogService } from '../../src/action-log/action-log.service.js';
import { listedView, shownView } from '../../src/action-log/action-log.view.js';
import { EntriesService } from '../../src/action-log/entries.service.js';
import { entriesView } from '../../src/action-log/entries.view.js';
import { ExportService } from '../../src/action-log/export.service.js';
import { exportView } from '../../src/action-log/export.view.js';
import { LargeReads } from '../../src/action-log/large-reads.js';
import { LogKeys } from '../../src/action-log/log-keys.js';
import type { LogStore } from '../../src/database/log-store.js';
import { requestContext } from '../../src/identity/request-context.js';
import { RecordKeys } from '../../src/ledger/actions/record-keys.js';
import { NotFound } from '../../src/nova/fault/faults.js';
import { readApiQuery } from '../../src/nova/query/api-query.js';
import type { PoliciesService } from '../../src/nova/policy/policies.service.js';
import type { ApiScope } from '../../src/nova/view/view.js';
import { crowdedLog } from '../support/action-log/crowded-log.js';
import { type GeneratedLog, generateLog, NOW } from '../support/action-log/generated-log.js';
import { insertIndexedLog } from '../support/action-log/indexed-log.js';
import { randomSearch } from '../support/action-log/random-searches.js';
import { referenceAction } from '../support/action-log/reference.js';
import { searchParameters } from '../support/action-log/search-parameters.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { mariaDb, type MariaDbServer } from '../support/databases/mariadb.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { Random, testSeed } from '../support/random.js';

/** The number of random requests, and of foreign actions for each action of the tenant. */
const REQUESTS = 1_000;
const FOREIGN = 20;

const TENANT = 'p-large';
const SECRET = '5'.repeat(64);

const seed = testSeed('disclosure');
const { alone, crowded } = crowdedLog(generateLog(seed, 200), TENANT, FOREIGN);
const caller = requestContext({ userId: 'u-1', projectId: TENANT, roles: ['reader'] });
const keep = closeAfterAll();

/** A response as the tenant gets it, and the number of rows that MariaDB has read for it, by the kind of read. */
interface Answer {
  readonly body: string;
  readonly reads: unknown;
}

/** The routes of the log over one store, with one connection. */
class Reader {
  private readonly scope: ApiScope = {
    access: { view: 'external', fields: {} },
    nextPage: () => ({ rel: 'next', href: '' }),
    pageAddress: (cursor) => cursor,
  };
  private readonly service: ActionLogService;
  private readonly history: EntriesService;
  private readonly finder: ActionFinder;
  private readonly keys: LogKeys;
  private readonly largeReads = new LargeReads();

  private constructor(
    private readonly runner: QueryRunner,
    log: LogStore,
  ) {
    this.keys = new LogKeys(log);
    this.service = new ActionLogService(log, this.keys, this.largeReads);
    this.history = new EntriesService(log, this.keys);
    this.finder = new ActionFinder(log, this.keys, { allows: () => false } as unknown as PoliciesService);
  }

  static async of(server: MariaDbServer, log: GeneratedLog): Promise<Reader> {
    const url = await server.createDatabase('disclosure');
    keep(() => server.dropDatabase(url));
    await migrateOwnStore(url);
    const source = keep(await ownStore(url).initialize());
    await source.query('UPDATE record_keys SET secret = ?', [SECRET]);
    await insertIndexedLog(source, log);
    await source.query(
      'ANALYZE TABLE search_actions, search_hosts, copied_instance_actions, copied_instances',
    );
    const runner = keep(source.createQueryRunner());
    const store = {
      options: source.options,
      query: (sql: string, values?: unknown[]) => runner.query(sql, values),
    };
    const database = { read: (_deadline: number, query: (from: unknown) => unknown) => query(store) };
    return new Reader(runner, { database } as unknown as LogStore);
  }

  /** Returns a page of the list. @param query the query of the request */
  list(query: string): Promise<Answer> {
    return this.answer(async () =>
      listedView.external(await this.service.page(await this.open(query)), this.scope),
    );
  }

  /** Returns the lines of an export. @param query the query of the request */
  export(query: string): Promise<Answer> {
    return this.answer(async () => {
      const lines: object[] = [];
      const exporter = new ExportService(this.service, this.largeReads);
      for await (const line of exporter.lines(await this.open(query), new AbortController().signal))
        lines.push(exportView.external(line, this.scope));
      return lines;
    });
  }

  show(id: number): Promise<Answer> {
    return this.answer(async () =>
      shownView.external(await this.service.show(await this.finder.find(caller, String(id))), this.scope),
    );
  }

  entries(id: number): Promise<Answer> {
    return this.answer(async () => {
      const page = await this.history.page(await this.finder.find(caller, String(id)), {});
      const { entries, ...rest } = entriesView.external(page, this.scope) as { entries: object[] };
      // The two records got their entries at different times.
      return { ...rest, entries: entries.map((entry) => ({ ...entry, recorded_at: undefined })) };
    });
  }

  private async open(query: string): Promise<ActionList> {
    const parsed = readApiQuery(ActionsQuery, query);
    return new ActionList(
      parsed,
      { project: TENANT },
      { name: TENANT, isInternal: false },
      await this.keys.read(),
      NOW,
    );
  }

  private async answer(request: () => Promise<object>): Promise<Answer> {
    await this.runner.query('FLUSH STATUS');
    const body = await request().catch((error: unknown) => {
      if (error instanceof NotFound) return { error: error.message };
      throw error;
    });
    return {
      body: JSON.stringify(body),
      reads: await this.runner.query("SHOW SESSION STATUS LIKE 'Handler_read_%'"),
    };
  }
}

let readers: readonly [Reader, Reader];

beforeAll(async () => {
  const server = await mariaDb();
  readers = [await Reader.of(server, alone), await Reader.of(server, crowded)];
});

/** Sends a request to both stores, and compares the responses. @returns the response */
async function same(request: (reader: Reader) => Promise<Answer>, title: string): Promise<string> {
  const [first, second] = [await request(readers[0]), await request(readers[1])];
  expect([title, second]).toEqual([title, first]);
  return first.body;
}

it(`a tenant gets the same bytes for ${REQUESTS} random requests, from the same number of rows, whether or not other projects have many actions`, async () => {
  const own = alone.actions.map(referenceAction);
  let pages = 0;
  for (let index = 0; index < REQUESTS; index += 1) {
    const random = new Random(seed * REQUESTS + index);
    const parameters = searchParameters(randomSearch(random, own));
    parameters.set('limit', String(random.int(1, 40)));
    if (random.chance(0.3)) parameters.set('include', 'events');
    const query = parameters.toString();
    const title = `request ${index} with TEST_SEED=${seed}: ${query}`;
    const first = JSON.parse(await same((reader) => reader.list(query), title)) as { next?: string };
    if (index % 10 === 0) await same((reader) => reader.export(query), title);
    if (first.next === undefined) continue;
    pages += 1;
    const { previous } = JSON.parse(
      await same((reader) => reader.list(`${query}&cursor=${first.next ?? ''}`), title),
    ) as { previous: string };
    if (random.chance(0.3)) await same((reader) => reader.list(`${query}&cursor=${previous}`), title);
  }
  expect(pages).toBeGreaterThan(REQUESTS / 10);
});

it('a tenant gets the same responses about single actions, and the same 404 for an action of another project as for none', async () => {
  const { ids } = new RecordKeys(new Map([[1, Buffer.from(SECRET, 'hex')]]));
  const shown = crowded.actions.filter((_action, index) => index % 97 === 0);
  const owners = new Set<boolean>();
  for (const { copyId, server } of shown) {
    const [id = 0] = ids.permute('action', [copyId]);
    for (const route of ['show', 'entries'] as const) {
      const body = await same((reader) => reader[route](id), `${route} ${copyId}`);
      const isOwn = server?.project_id === TENANT;
      owners.add(isOwn);
      if (!isOwn) expect(body).toBe(JSON.stringify({ error: `The action ${id} could not be found.` }));
    }
  }
  expect(owners.size).toBe(2);
});
