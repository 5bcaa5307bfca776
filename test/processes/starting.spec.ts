import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { ownStore } from '../support/databases/own-store.js';
import { BUSY } from '../support/time/in-time.js';
import { mariaDb, type MariaDbServer } from '../support/databases/mariadb.js';
import { AS_SHIPPED } from '../support/time/patience.js';
import { DEMO_TOKENS, Workplace } from '../support/process/workplace.js';
import type { Environment, ServiceProcess } from '../support/process/process.js';

const PASSWORD = 'Gehe!m/42';

let workplace: Workplace;
const listeners: Server[] = [];

beforeEach(async () => {
  workplace = await Workplace.create();
});

afterEach(async () => {
  await workplace.remove();
  for (const listener of listeners.splice(0)) listener.close();
});

describe('the embedded default', () => {
  it('the embedded default makes its store in an empty folder, with the example, and answers', async () => {
    const service = workplace.launch();
    const { status, body } = await service.ask('demo-tenant');
    expect(status).toBe(200);
    expect(body).toContain('"start_time":"2013-07-12T21:35:37.000000","message":null');
    expect(existsSync(join(workplace.folder, 'data', 'actions.sqlite'))).toBe(true);
    expect(await readdir(workplace.folder)).toEqual(['data']);
    expect(service.stderr).toBe('');
  });

  it('the embedded default keeps its store when it starts again', async () => {
    const first = workplace.launch();
    await first.url();
    await first.kill();
    await changeStore(`sqlite://${join(workplace.folder, 'data', 'actions.sqlite')}`, async (source) => {
      await source.query("UPDATE instance_actions SET message = 'changed'");
      await source.query('DELETE FROM instance_actions_events');
    });
    const { body } = await workplace.launch().ask('demo-admin');
    expect(body).toContain('"message":"changed","events":[]');
  });
});

/** Setting by setting: a bad value, what has to be said of it, and the example given. */
const badValues: readonly (readonly [setting: string, value: string, wrong: string, example: string])[] = [
  ['PORT', 'abc', 'must be a whole number', 'PORT=8774'],
  ['PORT', '70000', 'must be 65535 or less', 'PORT=8774'],
  ['MAX_LIMIT', '0', 'must be 1 or more', 'MAX_LIMIT=1000'],
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
  ['HOST', '0.0.0.0', 'is reachable from other machines', 'TOKENS_FILE_BEYOND_LOOPBACK=true'],
  ['PORT_FILE', '/missing', 'names a file that cannot be read (ENOENT)', ''],
];

const TOKEN_FORM = /\{.*"user_id": "…".*"roles": \["…"\].*\}/;

describe('a setting that it cannot work with', () => {
  it.each(badValues)('a bad setting stops the start: %s=%s', async (setting, value, wrong, example) => {
    const line = await refusal({ [setting]: value, ...(setting === 'PORT_FILE' && { PORT: '' }) });
    expect(line).toMatch(new RegExp(`^nova-action-log cannot start: ${setting}\\b`));
    expect(line).toContain(wrong);
    expect(line).toContain(example);
  });

  it.each([
    ['broken JSON', '{"secret-token": ', /is not JSON/],
    ['a list', '["secret-token"]', /must contain one JSON object/],
    [
      'an entry without user',
      '{"a": {"user_id": "u"}, "secret-token": {"project_id": "p"}}',
      /entry 2 must be/,
    ],
    ['roles that are no list', '{"secret-token": {"user_id": "u", "roles": "admin"}}', /entry 1 must be/],
  ])('a bad TOKENS_FILE stops the start: %s', async (_what, content, wrong) => {
    const TOKENS_FILE = await workplace.file('tokens.json', content);
    const line = await refusal({ TOKENS_FILE });
    expect(line).toMatch(/^nova-action-log cannot start: TOKENS_FILE\b/);
    expect(line).toMatch(wrong);
    expect(line).toContain(TOKENS_FILE);
    expect(line).toMatch(TOKEN_FORM);
    expect(line).not.toContain('secret-token');
  });

  it('an unknown name in .env stops the start', async () => {
    await workplace.file('.env', 'LOG_LEVEL=error\nDATABSE_URL=sqlite://x\n');
    const line = await refusal({});
    expect(line).toMatch(/cannot start: DATABSE_URL in \.env is not a setting.*\bDATABASE_URL\b/);
  });

  it('a setting with both a value and a file stops the start', async () => {
    const PORT_FILE = await workplace.file('port', '0\n');
    expect(await refusal({ PORT: '8774', PORT_FILE })).toMatch(
      /cannot start: PORT and PORT_FILE are both set/,
    );
  });

  it('a PORT that is taken stops the start', async () => {
    const PORT = portOf(await listening());
    expect(await refusal({ PORT })).toMatch(new RegExp(`cannot start: PORT ${PORT}\\b.*(taken|in use)`));
  });

  it.each([
    ['below a file', '/dev/null/data/actions.sqlite', /not a directory/],
    ['that is a folder', 'folder', /unable to open/],
    ['on a full disk', '/dev/full', /disk is full/],
    ['that is no database', 'text', /not a database/],
  ])('a bad database stops the start: %s', async (_what, path, wrong) => {
    mkdirSync(join(workplace.folder, 'folder'));
    await workplace.file('text', 'not SQLite\n'.repeat(100));
    const line = await refusal({ DATABASE_URL: `sqlite://${path}` });
    expect(line).toMatch(/cannot start: DATABASE_URL: the store cannot be opened: /);
    expect(line).toMatch(wrong);
  });
});

describe('settings from files', () => {
  it('settings from files hold a value each', async () => {
    const service = workplace.launch({
      PORT: '',
      PORT_FILE: await workplace.file('port', '0\n'),
      DATABASE_URL_FILE: await workplace.file('url', 'sqlite://elsewhere/own.sqlite\r\n'),
    });
    expect((await service.ask('demo-tenant')).status).toBe(200);
    expect(await readdir(workplace.folder)).not.toContain('data');
    expect(existsSync(join(workplace.folder, 'elsewhere', 'own.sqlite'))).toBe(true);
  });

  it('settings in .env count, and the environment overrides them', async () => {
    await workplace.file('.env', 'LOG_LEVEL=loud\nDATABASE_URL=sqlite://from-env.sqlite\n');
    const service = workplace.launch({ LOG_LEVEL: 'fatal' });
    expect((await service.ask('demo-tenant')).status).toBe(200);
    expect(await readdir(workplace.folder)).toContain('from-env.sqlite');
  });
});

describe('beyond loopback', () => {
  it('the service serves a tokens file beyond loopback with the setting that allows it', async () => {
    const service = workplace.launch({
      HOST: '0.0.0.0',
      TOKENS_FILE: DEMO_TOKENS,
      TOKENS_FILE_BEYOND_LOOPBACK: 'true',
    });
    expect((await service.ask('demo-tenant')).status).toBe(200);
  });
});

describe('SIGTERM', () => {
  it.each([
    ['no connection', undefined],
    ['a connection kept alive', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a connection that has asked nothing', ''],
    ['a request half sent', 'GET / HTTP/1.1\r\nHost:'],
  ])('SIGTERM ends the service with code 0 within three seconds, with %s', async (_what, sent) => {
    const service = workplace.launch({ LOG_LEVEL: 'error' });
    const { hostname, port } = new URL(await service.url());
    const client =
      sent === undefined ? undefined : connect(Number(port), hostname, () => client?.write(sent));
    client?.on('error', () => undefined);
    await sleep(200);
    service.signal('SIGTERM');
    const code = await Promise.race([service.ended(), sleep(3_000 + BUSY, 'still there')]);
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

  it('a start names an unreachable database within five seconds', async () => {
    const closed = await listening();
    const port = portOf(closed);
    closed.close();
    // The second one accepts connections and says nothing.
    const silent = await listening();
    for (const [target, wrong] of [
      [port, /ECONNREFUSED/],
      [portOf(silent), /ETIMEDOUT|time/],
    ] as const) {
      const at = Date.now();
      const line = await refusal({ DATABASE_URL: databaseUrl(target), ...AS_SHIPPED });
      expect(line).toMatch(/cannot start: DATABASE_URL: the store cannot be opened: /);
      expect(line).toMatch(wrong);
      expect(line).not.toContain('for example');
      expect(Date.now() - at).toBeLessThan(5_000 + BUSY);
    }
  });

  it('services that start at the same moment migrate a database once', async () => {
    server = await mariaDb();
    const DATABASE_URL = await server.createDatabase('starting');
    const places = [workplace, await Workplace.create(), await Workplace.create()];
    const services = places.map((place) => place.launch({ DATABASE_URL, LOG_LEVEL: 'debug' }));
    const answers = await Promise.all(services.map((service) => service.ask('demo-admin')));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    const password = new URL(DATABASE_URL).password;
    for (const { stdout, stderr } of services) expect(stdout + stderr).not.toContain(password);
    for (const place of places) await place.remove();
    await changeStore(DATABASE_URL, async (source) => {
      const made = await source.query<{ name: string }[]>('SELECT name FROM nova_action_log_migrations');
      // Each once: those of all modules.
      expect(made.map(({ name }) => name).sort()).toEqual(source.migrations.map(({ name }) => name).sort());
    });
  });

  it('a start whose login the database refuses does not print the password', async () => {
    server = await mariaDb();
    const line = await refusal({
      DATABASE_URL: databaseUrl(new URL(server.url('x')).port),
      LOG_LEVEL: 'debug',
    });
    expect(line).toMatch(/Access denied/);
  });
});

/** Starts the service with settings that must stop it. @returns the one line that it says */
async function refusal(environment: Environment): Promise<string> {
  const service: ServiceProcess = workplace.launch(environment);
  expect(await service.ended()).toBe(1);
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
