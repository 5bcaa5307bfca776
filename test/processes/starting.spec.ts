import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { ownStore } from '../support/databases/own-store.js';
import { BUSY_MACHINE_MARGIN } from '../support/time/in-time.js';
import { mariaDb, type MariaDbServer } from '../support/databases/mariadb.js';
import { DEFAULT_TIMEOUTS } from '../support/time/timeouts.js';
import { DEMO_TOKENS, WorkingFolder } from '../support/process/working-folder.js';
import type { Environment, ServiceProcess } from '../support/process/process.js';

const PASSWORD = 'Gehe!m/42';

let workplace: WorkingFolder;
const listeners: Server[] = [];

beforeEach(async () => {
  workplace = await WorkingFolder.create();
});

afterEach(async () => {
  await workplace.remove();
  for (const listener of listeners.splice(0)) listener.close();
});

describe('the default embedded store', () => {
  it('the default embedded store (an SQLite file) is created in an empty folder and contains the example rows', async () => {
    const service = workplace.launch();
    const { status, body } = await service.get('demo-tenant');
    expect(status).toBe(200);
    expect(body).toContain('"start_time":"2013-07-12T21:35:37.000000","message":null');
    expect(existsSync(join(workplace.folder, 'data', 'actions.sqlite'))).toBe(true);
    expect(await readdir(workplace.folder)).toEqual(['data']);
    expect(service.stderr).toBe('');
  });

  it('the default embedded store keeps its rows after a restart of the service', async () => {
    const first = workplace.launch();
    await first.url();
    await first.kill();
    await changeStore(`sqlite://${join(workplace.folder, 'data', 'actions.sqlite')}`, async (source) => {
      await source.query("UPDATE instance_actions SET message = 'changed'");
      await source.query('DELETE FROM instance_actions_events');
    });
    const { body } = await workplace.launch().get('demo-admin');
    expect(body).toContain('"message":"changed","events":[]');
  });
});

/** Settings with an invalid value. The error must contain the two texts: the problem, and an example. */
const invalidValues: readonly (readonly [setting: string, value: string, wrong: string, example: string])[] =
  [
    [
      'DATABASE_URL',
      `postgres://u:${PASSWORD}@x`,
      'must start with sqlite:// or mysql://',
      '=mysql://actions:',
    ],
    ['DATABASE_URL', 'mysql://nohost', 'must have the name of a database', 'DATABASE_URL=mysql://actions:'],
    ['DATABASE_URL', `mysql://u:${PASSWORD}@h@x/x`, 'is not of the form', 'DATABASE_URL=mysql://actions:'],
    ['PUBLIC_URL', 'ftp://x', 'must be an http:// or https:// address', 'PUBLIC_URL=https://'],
    ['TRUSTED_PROXIES', 'foo', 'must be IP addresses or networks', 'TRUSTED_PROXIES=10.0.0.0/8'],
    ['UPSTREAM_NOVA_URL', 'nova:8774', 'must be an http:// or https:// address', 'UPSTREAM_NOVA_URL=http://'],
    ['CORS_ORIGINS', 'dashboard', 'must be * or origins', 'CORS_ORIGINS=https://'],
    ['RATE_LIMIT_REDIS_URL', `http://:${PASSWORD}@x`, 'must be a redis://', 'RATE_LIMIT_REDIS_URL=redis://'],
    ['CORS_ORIGINS', 'https://Dashboard.example.org', 'in lower case', 'CORS_ORIGINS=https://'],
    [
      'RATE_LIMIT_REDIS_URL',
      `redis://:${PASSWORD}@x:999999`,
      'must be a redis://',
      'RATE_LIMIT_REDIS_URL=redis://',
    ],
    ['RATE_LIMIT_REDIS_URL', 'redis://:%zz@x', 'percent-encoded', 'RATE_LIMIT_REDIS_URL=redis://'],
    ['HOST', '[::1]', 'must be an IP address', 'HOST=127.0.0.1'],
    ['OPERATIONS_HOST', '[::1]', 'must be an IP address', 'OPERATIONS_HOST=0.0.0.0'],
    ['TLS_MIN_VERSION', 'TLSv1', 'must be one of TLSv1.2, TLSv1.3', 'TLS_MIN_VERSION=TLSv1.3'],
    ['LOG_LEVEL', 'loud', 'must be one of fatal, error, warn, info, debug', 'LOG_LEVEL=info'],
    ['TOKENS_FILE', '/missing', 'cannot be read', 'TOKENS_FILE=/etc/'],
    ['HOST', '0.0.0.0', 'is not a loopback address', 'TOKENS_FILE_BEYOND_LOOPBACK=true'],
    ['PORT_FILE', '/missing', 'names a file that cannot be read (ENOENT)', ''],
  ];

const TOKEN_FORM = /\{.*"user_id": "…".*"roles": \["…"\].*\}/;

describe('an invalid setting', () => {
  it.each(invalidValues)(
    'the service exits with a one-line error if a setting is invalid: %s=%s',
    async (setting, value, wrong, example) => {
      const line = await startError({ [setting]: value, ...(setting === 'PORT_FILE' && { PORT: '' }) });
      expect(line).toMatch(new RegExp(`^nova-action-log cannot start: ${setting}\\b`));
      expect(line).toContain(wrong);
      expect(line).toContain(example);
    },
  );

  it.each([
    ['broken JSON', '{"secret-token": ', /is not JSON/],
    ['a list', '["secret-token"]', /must contain one JSON object/],
    [
      'an entry without user',
      '{"a": {"user_id": "u"}, "secret-token": {"project_id": "p"}}',
      /entry 2 must be/,
    ],
    ['roles that are no list', '{"secret-token": {"user_id": "u", "roles": "admin"}}', /entry 1 must be/],
  ])(
    'the service exits with a one-line error if TOKENS_FILE is invalid: %s',
    async (_problem, content, wrong) => {
      const TOKENS_FILE = await workplace.file('tokens.json', content);
      const line = await startError({ TOKENS_FILE });
      expect(line).toMatch(/^nova-action-log cannot start: TOKENS_FILE\b/);
      expect(line).toMatch(wrong);
      expect(line).toContain(TOKENS_FILE);
      expect(line).toMatch(TOKEN_FORM);
      expect(line).not.toContain('secret-token');
    },
  );

  it('the service does not start if .env has an unknown setting', async () => {
    await workplace.file('.env', 'LOG_LEVEL=error\nDATABSE_URL=sqlite://x\n');
    const line = await startError({});
    expect(line).toMatch(/cannot start: DATABSE_URL in \.env is not a setting.*\bDATABASE_URL\b/);
  });

  it('the service does not start if a setting has both a value and a file', async () => {
    const PORT_FILE = await workplace.file('port', '0\n');
    expect(await startError({ PORT: '8774', PORT_FILE })).toMatch(
      /cannot start: PORT and PORT_FILE are both set/,
    );
  });

  it('the service does not start if PORT is in use', async () => {
    const PORT = portOf(await listening());
    expect(await startError({ PORT })).toMatch(new RegExp(`cannot start: PORT ${PORT}\\b.*(taken|in use)`));
  });

  it.each([
    ['a path below a file', '/dev/null/data/actions.sqlite', /not a directory/],
    ['a folder', 'folder', /unable to open/],
    ['a file on a full disk', '/dev/full', /disk is full/],
    ['a file that is not a database', 'text', /not a database/],
  ])('the service does not start if the database cannot be opened: %s', async (_problem, path, wrong) => {
    mkdirSync(join(workplace.folder, 'folder'));
    await workplace.file('text', 'not SQLite\n'.repeat(100));
    const line = await startError({ DATABASE_URL: `sqlite://${path}` });
    expect(line).toMatch(/cannot start: DATABASE_URL: the store cannot be opened: /);
    expect(line).toMatch(wrong);
  });
});

describe('settings from files', () => {
  it('settings are read from the files in variables that end with _FILE', async () => {
    const service = workplace.launch({
      PORT: '',
      PORT_FILE: await workplace.file('port', '0\n'),
      DATABASE_URL_FILE: await workplace.file('url', 'sqlite://elsewhere/own.sqlite\r\n'),
    });
    expect((await service.get('demo-tenant')).status).toBe(200);
    expect(await readdir(workplace.folder)).not.toContain('data');
    expect(existsSync(join(workplace.folder, 'elsewhere', 'own.sqlite'))).toBe(true);
  });

  it('settings from the file .env are used, and the environment overrides them', async () => {
    await workplace.file('.env', 'LOG_LEVEL=loud\nDATABASE_URL=sqlite://from-env.sqlite\n');
    const service = workplace.launch({ LOG_LEVEL: 'fatal' });
    expect((await service.get('demo-tenant')).status).toBe(200);
    expect(await readdir(workplace.folder)).toContain('from-env.sqlite');
  });
});

describe('a service on a public address', () => {
  it('with TOKENS_FILE_BEYOND_LOOPBACK=true, the service accepts a tokens file even if it listens on a public address', async () => {
    const service = workplace.launch({
      HOST: '0.0.0.0',
      TOKENS_FILE: DEMO_TOKENS,
      TOKENS_FILE_BEYOND_LOOPBACK: 'true',
    });
    expect((await service.get('demo-tenant')).status).toBe(200);
  });
});

describe('SIGTERM', () => {
  it.each([
    ['no connection', undefined],
    ['a keep-alive connection', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a connection without a request', ''],
    ['an incomplete request', 'GET / HTTP/1.1\r\nHost:'],
  ])('SIGTERM makes the service exit with code 0 within three seconds, with %s', async (_client, sent) => {
    const service = workplace.launch({ LOG_LEVEL: 'error' });
    const { hostname, port } = new URL(await service.url());
    const client =
      sent === undefined ? undefined : connect(Number(port), hostname, () => client?.write(sent));
    client?.on('error', () => undefined);
    await sleep(200);
    service.signal('SIGTERM');
    const code = await Promise.race([service.exited(), sleep(3_000 + BUSY_MACHINE_MARGIN, 'still running')]);
    client?.destroy();
    expect(code).toBe(0);
    expect(service.stderr).toBe('');
  });
});

describe('a database server', () => {
  let server: MariaDbServer | undefined;

  afterAll(async () => {
    await server?.stop();
  });

  it('if the database is unreachable, the start fails within five seconds, and the error names the cause', async () => {
    const closed = await listening();
    const port = portOf(closed);
    closed.close();
    // A server that accepts connections but never sends a handshake.
    const silent = await listening();
    for (const [target, wrong] of [
      [port, /ECONNREFUSED/],
      [portOf(silent), /ETIMEDOUT|time/],
    ] as const) {
      const at = Date.now();
      const line = await startError({ DATABASE_URL: databaseUrl(target), ...DEFAULT_TIMEOUTS });
      expect(line).toMatch(/cannot start: DATABASE_URL: the store cannot be opened: /);
      expect(line).toMatch(wrong);
      expect(line).not.toContain('for example');
      expect(Date.now() - at).toBeLessThan(5_000 + BUSY_MACHINE_MARGIN);
    }
  });

  it('services that start at the same time run each migration once', async () => {
    server = await mariaDb();
    const DATABASE_URL = await server.createDatabase('starting');
    const places = [workplace, await WorkingFolder.create(), await WorkingFolder.create()];
    const services = places.map((place) => place.launch({ DATABASE_URL, LOG_LEVEL: 'debug' }));
    const answers = await Promise.all(services.map((service) => service.get('demo-admin')));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    const password = new URL(DATABASE_URL).password;
    for (const { stdout, stderr } of services) expect(stdout + stderr).not.toContain(password);
    for (const place of places) await place.remove();
    await changeStore(DATABASE_URL, async (source) => {
      const made = await source.query<{ name: string }[]>('SELECT name FROM nova_action_log_migrations');
      // The database records each migration of all modules exactly once.
      expect(made.map(({ name }) => name).sort()).toEqual(source.migrations.map(({ name }) => name).sort());
    });
  });

  it('if the database rejects the account, the start fails, and the password is not printed', async () => {
    server = await mariaDb();
    const line = await startError({
      DATABASE_URL: databaseUrl(new URL(server.url('x')).port),
      LOG_LEVEL: 'debug',
    });
    expect(line).toMatch(/Access denied/);
  });
});

/**
 * Starts the service with settings that must prevent the start.
 *
 * @returns the error message, which must have one line
 */
async function startError(environment: Environment): Promise<string> {
  const service: ServiceProcess = workplace.launch(environment);
  expect(await service.exited()).toBe(1);
  for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), encodeURI(PASSWORD)]) {
    expect(service.stdout + service.stderr).not.toContain(secret);
  }
  expect(service.stderr).toMatch(/^[^\n]+\n$/);
  return service.stderr.trimEnd();
}

function databaseUrl(port: string): string {
  return `mysql://somebody:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/actions`;
}

async function changeStore(url: string, change: (source: DataSource) => Promise<void>): Promise<void> {
  const source = await ownStore(url).initialize();
  try {
    await change(source);
  } finally {
    await source.destroy();
  }
}

async function listening(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  listeners.push(server);
  return server;
}

function portOf(server: Server): string {
  return String((server.address() as AddressInfo).port);
}
