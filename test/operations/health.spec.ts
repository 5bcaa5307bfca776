import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { FakeKeystone } from '../support/keystone/fake.js';
import { BUSY_MACHINE_MARGIN } from '../support/time/in-time.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { DEFAULT_TIMEOUTS } from '../support/time/timeouts.js';
import { DEMO_TOKENS, WorkingFolder } from '../support/process/working-folder.js';
import type { ServiceProcess } from '../support/process/process.js';
import { Relay } from '../support/http/relay.js';
import { type RunningService, startService } from '../support/service/service.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';
import { until } from '../support/time/until.js';
import { WireClient } from '../support/http/wire-client.js';
import { closeAfterAll } from '../support/close-after-all.js';

/** The maximum duration of a readiness check, in milliseconds, even if a database or Keystone is unreachable. */
const MAX_DURATION = 1_000 + BUSY_MACHINE_MARGIN;

interface Ready {
  readonly status: number;
  readonly body: { readonly status: string; readonly details: Record<string, { readonly status: string }> };
}

async function ready(url: string): Promise<Ready> {
  const start = performance.now();
  const response = await fetch(`${url}/health/ready`);
  // `response.json()` would create objects of another realm than Jest's, which are never strictly equal to the expected
  // ones.
  const body = JSON.parse(await response.text()) as Ready['body'];
  expect(performance.now() - start).toBeLessThan(MAX_DURATION);
  return { status: response.status, body };
}

/** Waits until the readiness check has the expected result. After a time limit, fails and shows the last result. */
async function expectReady(url: string, expected: Ready): Promise<void> {
  let found: Ready | undefined;
  const isExpected = async (): Promise<boolean> => {
    found = await ready(url);
    return isDeepStrictEqual(found, expected);
  };
  await until(isExpected, JSON.stringify(expected)).catch(() => undefined);
  expect(found).toEqual(expected);
}

function as(status: string, details: Readonly<Record<string, string>>): Ready {
  const entries = Object.entries(details).map(([name, state]) => [name, { status: state }] as const);
  return {
    status: status === 'error' ? 503 : 200,
    body: { status, details: Object.fromEntries(entries) },
  };
}

describe('/healthcheck', () => {
  let store: TestStore;
  let service: RunningService;
  let workplace: WorkingFolder;
  let file: string;

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await createSqlite());
    workplace = keep(await WorkingFolder.create());
    file = join(workplace.folder, 'drain');
    service = keep(await startService({ DATABASE_URL: store.url, HEALTHCHECK_DISABLE_FILE: file }));
  });

  afterEach(() => rm(file, { force: true }));

  const send = async (method: string, accept?: string): Promise<readonly [number, string | null, string]> => {
    const headers = accept === undefined ? {} : { Accept: accept };
    const response = await fetch(`${service.url}/healthcheck`, { method, headers });
    return [response.status, response.headers.get('content-type'), await response.text()];
  };

  it.each(['GET', 'POST', 'DELETE'])(
    '/healthcheck returns OK in plain text for %s without a token',
    async (method) => {
      expect(await send(method)).toEqual([200, 'text/plain; charset=UTF-8', 'OK']);
    },
  );

  it('/healthcheck returns 204 without a body for HEAD', async () => {
    expect(await send('HEAD')).toEqual([204, 'text/plain; charset=UTF-8', '']);
  });

  it('/healthcheck returns JSON or HTML to a client that accepts it', async () => {
    const json = '{\n    "detailed": false,\n    "reasons": [\n        "OK"\n    ]\n}';
    expect(await send('GET', 'application/json')).toEqual([200, 'application/json', json]);
    const [status, type, body] = await send('GET', 'text/html');
    expect([status, type]).toEqual([200, 'text/html; charset=UTF-8']);
    expect(body).toContain('<TITLE>Healthcheck Status</TITLE>');
    expect(body).toContain('<TD>OK</TD>');
    expect(await send('GET', 'image/png')).toEqual([200, 'text/plain; charset=UTF-8', 'OK']);
  });

  it('/healthcheck returns 503 while HEALTHCHECK_DISABLE_FILE exists', async () => {
    await writeFile(file, '');
    expect(await send('GET')).toEqual([503, 'text/plain; charset=UTF-8', 'DISABLED BY FILE']);
    expect(await send('HEAD')).toEqual([503, 'text/plain; charset=UTF-8', '']);
    expect(await ready(service.url)).toEqual(as('error', { disabled_by_file: 'down' }));
    await rm(file);
    expect(await send('GET')).toEqual([200, 'text/plain; charset=UTF-8', 'OK']);
    expect(await ready(service.url)).toEqual(as('ok', { database: 'up' }));
  });
});

describe('HEAD', () => {
  it.each(['/health/live', '/health/ready', '/metrics'])(
    'HEAD of %s returns what GET returns, except for the body',
    async (path) => {
      const workplace = await WorkingFolder.create();
      try {
        const url = (await workplace.launch().url()) + path;
        const [whole, head] = [await fetch(url), await fetch(url, { method: 'HEAD' })];
        expect([whole.status, head.status, await head.text()]).toEqual([200, 200, '']);
        expect(head.headers.get('content-type')).toBe(whole.headers.get('content-type'));
      } finally {
        await workplace.remove();
      }
    },
  );
});

describe("readiness with the service's own database", () => {
  let server: PrivateMariaDb;
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    server = keep(await privateMariaDb());
    service = keep(
      await startService({ DATABASE_URL: await server.createDatabase('actions'), ...DEFAULT_TIMEOUTS }),
    );
  });

  it("readiness fails only while the service's own database is down or hangs; liveness always succeeds", async () => {
    const up = as('ok', { database: 'up' });
    const down = as('error', { database: 'down' });
    await expectReady(service.url, up);
    await server.kill();
    await expectReady(service.url, down);
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    await server.start();
    await expectReady(service.url, up);
    server.pause();
    await expectReady(service.url, down);
    server.resume();
    await expectReady(service.url, up);
  });

  it('readiness opens at most two connections to the database per second for any number of requests', async () => {
    const connection = await createConnection(server.url('mysql'));
    const connections = async (): Promise<number> => {
      const [rows] = await connection.query("SHOW GLOBAL STATUS LIKE 'Connections'");
      return Number((rows as { Value: string }[])[0]?.Value);
    };
    const before = await connections();
    const start = performance.now();
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(Array.from({ length: 100 }, () => ready(service.url)));
    }
    const seconds = (performance.now() - start) / 1000;
    expect((await connections()) - before).toBeLessThanOrEqual(1 + 2 * Math.ceil(seconds));
    await connection.end();
    await expectReady(service.url, as('ok', { database: 'up' }));
  });
});

describe("readiness with Nova's cells and Keystone", () => {
  let server: PrivateMariaDb;
  let databases: NovaDatabases;
  let relays: Readonly<Record<'api' | 'cell0' | 'cell1' | 'cell2' | 'keystone', Relay>>;
  let keystone: FakeKeystone;
  let service: RunningService;
  let names: Readonly<Record<'cell0' | 'cell1' | 'cell2', string>>;

  const keep = closeAfterAll();

  beforeAll(async () => {
    server = keep(await privateMariaDb());
    databases = await createNovaDatabases(server);
    const port = Number(new URL(databases.adminUrl('nova_api')).port);
    keystone = keep(new FakeKeystone());
    relays = {
      api: keep(await Relay.to(port)),
      cell0: keep(await Relay.to(port)),
      cell1: keep(await Relay.to(port)),
      cell2: keep(await Relay.to(port)),
      keystone: keep(await Relay.to(Number(new URL(await keystone.start()).port))),
    };
    const connection = await createConnection(databases.adminUrl('nova_api'));
    for (const cell of ['cell0', 'cell1', 'cell2'] as const) {
      await connection.query('UPDATE cell_mappings SET database_connection = ? WHERE uuid = ?', [
        through(relays[cell], databases.cells[cell].url),
        databases.cells[cell].uuid,
      ]);
    }
    await connection.end();
    names = {
      cell0: `cell ${databases.cells.cell0.uuid}`,
      cell1: `cell ${databases.cells.cell1.uuid}`,
      cell2: `cell ${databases.cells.cell2.uuid}`,
    };
    service = keep(
      await startService({
        ...DEFAULT_TIMEOUTS,
        NOVA_API_DATABASE_URL: through(relays.api, databases.apiUrl),
        TOKENS_FILE: '',
        OS_AUTH_URL: `http://127.0.0.1:${relays.keystone.port}`,
        OS_USERNAME: 'nova',
        OS_PASSWORD: keystone.password,
        OS_PROJECT_NAME: 'service',
      }),
    );
  });

  beforeEach(() => expectReady(service.url, all('ok')));

  afterEach(async () => {
    for (const relay of Object.values(relays)) await relay.resume();
  });

  function through(relay: Relay, url: string): string {
    return url.replace(/:\d+\//, `:${relay.port}/`);
  }

  function all(status: string, changed: Readonly<Record<string, string>> = {}): Ready {
    const up = { api_database: 'up', [names.cell0]: 'up', [names.cell1]: 'up', [names.cell2]: 'up' };
    return as(status, { ...up, keystone: 'up', ...changed });
  }

  it('the service remains ready and degraded while one cell is unreachable', async () => {
    await relays.cell1.refuse();
    await expectReady(service.url, all('degraded', { [names.cell1]: 'degraded' }));
  });

  it('the service remains ready and degraded while one cell hangs', async () => {
    relays.cell2.fallSilent();
    await expectReady(service.url, all('degraded', { [names.cell2]: 'degraded' }));
  });

  it('the service remains ready and degraded while the API database is unreachable but cells are reachable', async () => {
    await relays.api.refuse();
    await expectReady(service.url, all('degraded', { api_database: 'degraded' }));
  });

  it('the service is not ready while no cell is reachable', async () => {
    for (const cell of ['cell0', 'cell1', 'cell2'] as const) await relays[cell].refuse();
    const down = { [names.cell0]: 'down', [names.cell1]: 'down', [names.cell2]: 'down' };
    await expectReady(service.url, all('error', down));
  });

  it('the service remains ready and degraded while Keystone is unreachable', async () => {
    await relays.keystone.refuse();
    await expectReady(service.url, all('degraded', { keystone: 'degraded' }));
  });

  it('the service remains ready and degraded while Keystone hangs', async () => {
    relays.keystone.fallSilent();
    await expectReady(service.url, all('degraded', { keystone: 'degraded' }));
  });

  it('readiness does not reveal addresses or names of databases', async () => {
    await relays.cell1.refuse();
    await expectReady(service.url, all('degraded', { [names.cell1]: 'degraded' }));
    const text = await (await fetch(`${service.url}/health/ready`)).text();
    expect(text).not.toMatch(/127\.0\.0\.1|localhost|nova_|mysql|ECONN|\d+\.\d+\.\d+/i);
  });
});

describe('OPERATIONS_PORT', () => {
  let workplace: WorkingFolder;
  let service: ServiceProcess;

  beforeEach(async () => {
    workplace = await WorkingFolder.create();
  });

  afterEach(() => workplace.remove());

  it.each(['1', '3'])(
    'the service offers only health checks and metrics on OPERATIONS_PORT, with WORKERS=%s',
    async (WORKERS) => {
      service = workplace.launch({ OPERATIONS_PORT: '0', WORKERS });
      const operations = await service.operationsUrl();
      for (const path of ['/healthcheck', '/health/live', '/health/ready', '/metrics']) {
        expect([path, (await fetch(operations + path)).status]).toEqual([path, 200]);
        const { ok, body } = await fetch(operations + path, { method: 'HEAD' });
        expect([path, ok, body]).toEqual([path, true, null]);
        // The port of the API returns 300, as Nova does for an unknown path.
        expect([path, (await fetch((await service.url()) + path)).status]).toEqual([path, 300]);
      }
      for (const path of ['/', '/v2.1', '/docs', '/openapi.json']) {
        expect([path, (await fetch(operations + path)).status]).toEqual([path, 404]);
      }
    },
  );

  it('a request on OPERATIONS_PORT is never forwarded to nova-api', async () => {
    service = workplace.launch({
      OPERATIONS_PORT: '0',
      TOKENS_FILE: DEMO_TOKENS,
      UPSTREAM_NOVA_URL: 'http://127.0.0.1:1',
    });
    const operations = await service.operationsUrl();
    expect((await fetch(`${operations}/v2.1/servers`)).status).toBe(404);
    expect((await fetch(`${await service.url()}/healthcheck`)).status).toBe(503);
  });

  it('the service closes a connection on OPERATIONS_PORT if the client does not read the responses', async () => {
    service = workplace.launch({ OPERATIONS_PORT: '0', SEND_TIMEOUT: '1' });
    const client = await WireClient.connect(await service.operationsUrl());
    client.socket.pause();
    client.send('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2_000));
    // If its receive buffer is full, a client detects that the service has closed the connection only when it sends
    // data. SEND_TIMEOUT=1 makes the service close it early: the default is 20 seconds.
    await until(
      () => {
        client.socket.write('x');
        return client.socket.destroyed;
      },
      'the service closes the connection',
      17_000,
    );
  });

  it('the service does not start if OPERATIONS_PORT is in use, and prints a one-line message', async () => {
    const first = workplace.launch({ OPERATIONS_PORT: '0' });
    const { port } = new URL(await first.operationsUrl());
    const other = await WorkingFolder.create();
    try {
      const second = other.launch({ OPERATIONS_PORT: port });
      expect(await second.exited()).toBe(1);
      expect(second.stderr).toMatch(
        new RegExp(`^nova-action-log cannot start: OPERATIONS_PORT ${port} on OPERATIONS_HOST [^\\n]*\\n$`),
      );
    } finally {
      await other.remove();
    }
  });
});
