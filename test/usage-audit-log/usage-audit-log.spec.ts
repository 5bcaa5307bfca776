import { beforeAll, describe, expect, it } from '@jest/globals';
import { lastCompletedPeriod } from '../../src/usage-audit-log/audit-period.js';
import { type MariaDbServer, mariaDb } from '../support/databases/mariadb.js';
import { createNovaDatabases, type CellName, type NovaDatabases } from '../support/nova/databases.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { fillStore, storeKinds } from '../support/databases/stores.js';
import { closeAfterAll } from '../support/close-after-all.js';

const LIST = '/v2.1/os-instance_usage_audit_log';
const IN_JUNE = encodeURIComponent('2026-06-10 12:00:00');
const MAY = { period_beginning: '2026-05-01 00:00:00', period_ending: '2026-06-01 00:00:00' };

type Row = Readonly<Record<string, string | number | null>>;

function service(id: number, host: string | null, topic: string | null = 'compute', deleted = 0): Row {
  return { id, host, topic, binary: `nova-${topic ?? ''}`, disabled: id % 2, report_count: 0, deleted };
}

function audit(id: number, host: string, state: string, more: Row = {}): Row {
  const counted = { task_items: 10 * id, errors: id, message: `${host} says`, deleted: 0 };
  const period = { period_beginning: '2026-05-01 00:00:00', period_ending: '2026-06-01 00:00:00' };
  return { id, task_name: 'instance_usage_audit', host, state, ...counted, ...period, ...more };
}

const ROWS = {
  services: [
    service(1, 'one'),
    service(2, 'two'),
    service(3, 'three'),
    service(4, 'four'),
    service(5, 'gone', 'compute', 5),
    service(6, 'brain', 'conductor'),
    service(7, 'loud', 'COMPUTE'),
    service(8, 'none', null),
    service(9, null),
  ],
  task_log: [
    audit(1, 'one', 'DONE'),
    audit(2, 'two', 'RUNNING', { task_items: null }),
    audit(3, 'retired', 'DONE', { errors: null }),
    audit(4, '__proto__', 'done'),
    audit(5, 'three', 'DONE', { deleted: 5 }),
    audit(6, 'four', 'DONE', { task_name: 'another_task' }),
    audit(7, 'four', 'DONE', { period_ending: '2026-06-02 00:00:00' }),
    audit(8, 'four', 'DONE', { period_beginning: '2026-05-02 00:00:00' }),
    audit(9, 'ONE', 'DONE', {
      period_beginning: '2026-05-30 18:00:00',
      period_ending: '2026-05-31 18:00:00',
    }),
  ],
};

const OF_MAY = {
  ...MAY,
  num_hosts: 5,
  num_hosts_done: 2,
  num_hosts_running: 1,
  num_hosts_not_run: 3,
  hosts_not_run: [null, 'four', 'three'],
  total_instances: 10 + 30 + 40,
  total_errors: 1 + 2 + 4,
  overall_status: '2 of 5 hosts done. 7 errors.',
  log: Object.fromEntries([
    ['one', { state: 'DONE', instances: 10, errors: 1, message: 'one says' }],
    ['two', { state: 'RUNNING', instances: null, errors: 2, message: 'two says' }],
    ['retired', { state: 'DONE', instances: 30, errors: null, message: 'retired says' }],
    ['__proto__', { state: 'done', instances: 40, errors: 4, message: '__proto__ says' }],
  ]) as object,
};

const NOTHING = {
  num_hosts: 0,
  num_hosts_done: 0,
  num_hosts_running: 0,
  num_hosts_not_run: 0,
  hosts_not_run: [],
  total_instances: 0,
  total_errors: 0,
  overall_status: 'ALL hosts done. 0 errors.',
  log: {},
};

interface TestDatabase {
  readonly settings: Readonly<Record<string, string>>;
  /** Inserts rows into the database that the service reads. */
  fill(rows: Readonly<Record<string, readonly Row[]>>): Promise<void>;
  remove(): Promise<void>;
}

let server: MariaDbServer;

const keep = closeAfterAll();

beforeAll(async () => {
  server = keep(await mariaDb());
});

/**
 * Creates Nova's databases. `fill` inserts rows into the cell `main`. The other cells contain rows that no response may
 * contain.
 */
async function novaOver(
  main: CellName,
  settings: (databases: NovaDatabases) => object,
): Promise<TestDatabase> {
  const databases = await createNovaDatabases(server);
  const in_ = (cell: CellName, rows: readonly Row[]) => rows.map((row) => ({ cell, ...row }));
  for (const cell of (['cell0', 'cell1', 'cell2'] as const).filter((name) => name !== main)) {
    await databases.fill({
      services: in_(cell, [service(1, `of ${cell}`)]),
      task_log: in_(cell, [audit(1, `of ${cell}`, 'DONE')]),
    });
  }
  return {
    settings: { NOVA_API_DATABASE_URL: databases.apiUrl, ...settings(databases) },
    fill: ({ services = [], task_log = [] }) =>
      databases.fill({ services: in_(main, services), task_log: in_(main, task_log) }),
    remove: () => databases.remove(),
  };
}

const DATABASES: readonly (readonly [string, () => Promise<TestDatabase>])[] = [
  ...storeKinds.map(([kind, create]): readonly [string, () => Promise<TestDatabase>] => [
    kind,
    async () => {
      const store = await create();
      // The service does not insert the example data if the database contains tables when the service starts.
      await fillStore(store.url, {});
      return {
        settings: { DATABASE_URL: store.url },
        fill: (rows) => fillStore(store.url, rows),
        remove: () => store.remove(),
      };
    },
  ]),
  ["Nova's cell0", () => novaOver('cell0', () => ({}))],
  [
    "the database of Nova's own configuration",
    () => novaOver('cell1', ({ cells }) => ({ NOVA_DATABASE_URL: cells.cell1.url })),
  ],
];

describe.each(DATABASES)('usage-audit-log on %s', (_name, make) => {
  let database: TestDatabase;
  let running: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    database = keep(await make());
    running = keep(await startService(database.settings));
  });

  /**
   * Sends a request as a test caller, or without a token.
   *
   * @returns the status and the parsed body of the response
   */
  async function ask(path: string, persona?: string, version = '2.1', whom = running) {
    const token = persona === undefined ? {} : { 'X-Auth-Token': personaTokens[persona] ?? '' };
    const answer = await fetch(`${whom.url}${path}`, {
      headers: { ...token, 'OpenStack-API-Version': `compute ${version}` },
    });
    return [answer.status, JSON.parse(await answer.text()) as unknown] as const;
  }

  it('a request for usage audits returns 401 without a token, and 403 to callers other than administrators', async () => {
    for (const path of [LIST, `${LIST}/${IN_JUNE}`, `${LIST}/never`]) {
      expect((await ask(path))[0]).toBe(401);
      for (const persona of ['alice', 'bob', 'nora']) expect((await ask(path, persona))[0]).toBe(403);
    }
  });

  it('a request for usage audits of a period without any audit returns 200 and zero hosts', async () => {
    expect(await ask(`${LIST}/${IN_JUNE}`, 'admin')).toEqual([
      200,
      { instance_usage_audit_log: { ...MAY, ...NOTHING } },
    ]);
  });

  it('a request for usage audits returns 400 if the time is invalid', async () => {
    for (const [path, message] of [
      ['never', 'never'],
      ['2026-06-10', '2026-06-10'],
      ['2026-06-31%2000:00:00', '2026-06-31 00:00:00'],
      ['2026-06-10%2000:00:00.', '2026-06-10 00:00:00.'],
      ['%C3%A9', '\u00c3\u00a9'],
    ] as const) {
      const fault = { code: 400, message: `Invalid timestamp for date ${message}` };
      expect(await ask(`${LIST}/${path}`, 'admin')).toEqual([400, { badRequest: fault }]);
    }
  });

  it('a request for usage audits returns 500 if the time is before the first possible period', async () => {
    expect((await ask(`${LIST}/0001-01-20%2000:00:00`, 'admin'))[0]).toBe(500);
  });

  it('a request for usage audits may have query parameters, which are ignored; from microversion 2.102 on, they return 400', async () => {
    for (const path of [LIST, `${LIST}/${IN_JUNE}`]) {
      expect((await ask(`${path}?limit=x`, 'admin', '2.101'))[0]).toBe(200);
      expect((await ask(`${path}?limit=x`, 'admin', '2.102'))[0]).toBe(400);
    }
  });

  describe('with rows', () => {
    beforeAll(() => database.fill(ROWS));

    it('usage audits are those of the last completed period before the given time', async () => {
      for (const before of [IN_JUNE, '2026-06-01%2000:00:00.000001', '2026-7-1%20%200:0:0']) {
        expect(await ask(`${LIST}/${before}`, 'admin')).toEqual([200, { instance_usage_audit_log: OF_MAY }]);
      }
      const [, body] = await ask(`${LIST}/2026-06-01%2000:00:00`, 'admin', '2.103');
      expect(body).toMatchObject({
        instance_usage_audit_log: { period_ending: '2026-05-01 00:00:00', num_hosts: 5, log: {} },
      });
    });

    it('usage audits are those of the last completed period if no time is given', async () => {
      const { begin, end } = lastCompletedPeriod('month', new Date());
      const [period_beginning = '', period_ending = ''] = [begin, end].map((time) =>
        time.toISOString().slice(0, 19).replace('T', ' '),
      );
      await database.fill({
        task_log: [audit(20, 'one', 'RUNNING', { period_beginning, period_ending })],
      });
      const [status, body] = await ask(LIST, 'admin');
      expect([status, body]).toMatchObject([
        200,
        { instance_usage_audit_logs: { period_beginning, period_ending, log: { one: { instances: 200 } } } },
      ]);
    });

    it('INSTANCE_USAGE_AUDIT_PERIOD defines the periods of usage audits', async () => {
      const daily = await startService({ ...database.settings, INSTANCE_USAGE_AUDIT_PERIOD: 'day@18' });
      try {
        const [, body] = await ask(`${LIST}/2026-05-31%2018:30:00`, 'admin', '2.1', daily);
        expect(body).toMatchObject({
          instance_usage_audit_log: {
            period_beginning: '2026-05-30 18:00:00',
            period_ending: '2026-05-31 18:00:00',
            num_hosts_done: 1,
            num_hosts_not_run: 5,
            log: { ONE: { state: 'DONE', instances: 90, errors: 9, message: 'ONE says' } },
          },
        });
      } finally {
        await daily.stop();
      }
    });
  });
});
