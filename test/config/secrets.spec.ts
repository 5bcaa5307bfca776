import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { FakeKeystone } from '../support/keystone/fake.js';
import { FakeNova } from '../support/nova/fake.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { EXAMPLE_PATH, type ServiceProcess } from '../support/process/process.js';
import { WorkingFolder } from '../support/process/working-folder.js';
import { until } from '../support/time/until.js';
import { sendRequest, sendBytes } from '../support/process/access-log.js';

const ACTIONS = EXAMPLE_PATH.slice(0, EXAMPLE_PATH.lastIndexOf('/'));

/** Returns a secret with characters that must be escaped in URLs, JSON and HTML. */
function secret(name: string): string {
  return `${name}-/+=&"'<%é ${randomBytes(8).toString('hex')}`;
}

/** Returns a token with special characters that are valid in a token. */
function token(name: string): string {
  return `${name}/+=&"'<%-${randomBytes(8).toString('hex')}`;
}

/** Returns a secret in each encoding in which the service might print it. */
function encodings(text: string): string[] {
  const base64 = Buffer.from(text).toString('base64');
  return [
    text,
    encodeURIComponent(text),
    encodeURI(text),
    new URLSearchParams({ x: text }).toString().slice(2),
    JSON.stringify(text).slice(1, -1),
    base64,
    base64.replace(/=+$/, ''),
    Buffer.from(text).toString('hex'),
    // The last 16 characters of the secret are hexadecimal digits. An encoding that is not in this list leaves such
    // characters unchanged, so the test also detects the secret in that encoding.
    text.slice(-16),
  ];
}

let keystone: FakeKeystone;
let nova: FakeNova;
let database: PrivateMariaDb;
let workplace: WorkingFolder;

beforeEach(async () => {
  [keystone, nova, workplace] = [new FakeKeystone(), new FakeNova(), await WorkingFolder.create()];
  database = await privateMariaDb();
});

afterEach(async () => {
  await workplace.remove();
  await Promise.all([keystone.stop(), nova.stop(), database.stop()]);
});

describe.each(['json', 'pretty'])(
  'the output of the service with LOG_FORMAT=%s and LOG_LEVEL=debug',
  (LOG_FORMAT) => {
    it('the output of the service contains no token and no password, even if Keystone, Nova or the database fails', async () => {
      const databasePassword = secret('database');
      const storeUrl = await storeWithLogin(databasePassword);
      keystone.password = secret('keystone');
      const tokens = Object.fromEntries(
        ['tenant', 'operator', 'expired', 'service', 'wrong', 'query', 'cookie', 'console'].map((name) => [
          name,
          token(name),
        ]),
      ) as Record<string, string>;
      const of = (name: string): string => tokens[name] ?? '';
      keystone.tokens.set(of('tenant'), {});
      keystone.tokens.set(of('operator'), { roles: ['admin', 'member', 'reader'] });
      keystone.tokens.set(of('expired'), { expiresIn: -60 });
      keystone.tokens.set(of('service'), { roles: ['service'] });
      const service = workplace.launch({
        LOG_LEVEL: 'debug',
        LOG_FORMAT,
        DATABASE_URL: storeUrl,
        OS_AUTH_URL: await keystone.start(),
        OS_USERNAME: 'nova-action-log',
        OS_PASSWORD: keystone.password,
        OS_PROJECT_NAME: 'service',
        UPSTREAM_NOVA_URL: await nova.start(),
        DATABASE_TIMEOUT: '3000',
        KEYSTONE_TIMEOUT: '3000',
        TOKEN_CACHE_TIME: '0',
      });
      const everything = (): Promise<void> => sendRequests(service, of);
      await everything();

      // In turn, the simulated Keystone returns an error or an invalid response, closes the connection, or sends no
      // response.
      for (const misbehave of [
        (response) => response.writeHead(500).end(of('tenant')),
        (response) => response.writeHead(413).end(of('tenant')),
        (response) => response.writeHead(200).end(`{"token": "${of('tenant')}`),
        (response) => response.writeHead(200).end(of('tenant')),
        (response) => response.writeHead(201).end(keystone.password),
        (response) => response.writeHead(200).end(JSON.stringify({ token: { user: of('tenant') } })),
        (response) => response.destroy(),
        () => undefined,
      ] satisfies FakeKeystone['misbehave'][]) {
        keystone.misbehave = misbehave;
        await everything();
      }
      keystone.misbehave = undefined;
      keystone.revokeServiceTokens();
      const password = keystone.password;
      keystone.password = secret('changed');
      await everything();
      keystone.password = password;

      // The database rejects a statement, then rejects the database account, and then is down.
      const root = await createConnection(database.url(new URL(storeUrl).pathname.slice(1)));
      await root.query('RENAME TABLE instances TO gone');
      await everything();
      await root.query('RENAME TABLE gone TO instances');
      await root.query(`ALTER USER actions@'%' IDENTIFIED BY 'another'`);
      await root.query('KILL USER actions');
      await everything();
      root.destroy();
      await nova.stop();
      await database.kill();
      await everything();
      await database.start();
      await everything();

      const count = service.stdout.split('\n').length;
      await sleep(100);
      service.signal('SIGTERM');
      await service.exited();
      const output = service.stdout + service.stderr;
      // The test checks that no line contains a secret. That is only meaningful if the service has logged the failures.
      expect(count).toBeGreaterThan(200);
      const expected = [
        'the identity service gave no usable response',
        'the database is unavailable',
        "doesn't exist",
        'Access denied',
        'is unreachable',
        'unexpected: no audit period of a month',
      ];
      expect(expected.filter((text) => !output.includes(text))).toEqual([]);
      const secrets = [
        databasePassword,
        password,
        keystone.password,
        ...Object.values(tokens),
        'service-token-1',
      ];
      expect(secrets.flatMap(encodings).filter((text) => output.includes(text))).toEqual([]);
    });
  },
);

describe('a failed start', () => {
  it('the message about a failed start does not contain the password of the database', async () => {
    const password = secret('wrong');
    const url = new URL(database.url('x'));
    url.password = encodeURIComponent(password);
    const service = workplace.launch({ DATABASE_URL: url.href, LOG_LEVEL: 'debug' });
    expect(await service.exited()).toBe(1);
    expect(service.stderr).toMatch(/^nova-action-log cannot start: [^\n]*\n$/);
    for (const text of encodings(password)) expect(service.stdout + service.stderr).not.toContain(text);
  });
});

/**
 * Creates a database and an account with this password.
 *
 * @returns the URL of the database, with the account
 */
async function storeWithLogin(password: string): Promise<string> {
  const url = new URL(await database.createDatabase('secrets'));
  const root = await createConnection(url.href);
  await root.query("CREATE USER actions@'%' IDENTIFIED BY ?", [password]);
  await root.query("GRANT ALL ON *.* TO actions@'%'");
  await root.end();
  url.username = 'actions';
  url.password = encodeURIComponent(password);
  return url.href;
}

/** Sends requests with each token. They contain further secrets in headers, cookies, paths and query parameters. */
async function sendRequests(service: ServiceProcess, of: (name: string) => string): Promise<void> {
  const before = service.stdout.length;
  const headers = (name: string): Record<string, string> => ({
    'X-Auth-Token': of(name),
    Authorization: `Bearer ${of('cookie')}`,
    Cookie: `session=${encodeURIComponent(of('cookie'))}`,
    'X-Openstack-Request-Id': of('wrong'),
  });
  const query = `?token=${encodeURIComponent(of('query'))}&limit=${encodeURIComponent(of('query'))}`;
  const requests = [
    ...['tenant', 'operator', 'expired', 'wrong'].flatMap((name) => [
      sendRequest(service, headers(name)),
      sendRequest(service, headers(name), ACTIONS + query),
      sendRequest(service, { ...headers(name), 'X-Service-Token': of('service') }),
      sendRequest(service, { ...headers(name), 'X-Service-Token': of('wrong') }),
      sendRequest(service, headers(name), '/v2.1/os-instance_usage_audit_log/0001-01-01%2000:00:00'),
      sendRequest(service, headers(name), `/v2.1/flavors${query}`, 'PATCH'),
    ]),
    sendRequest(
      service,
      headers('operator'),
      `/v2.1/os-console-auth-tokens/${encodeURIComponent(of('console'))}`,
    ),
    sendRequest(service, { 'X-Storage-Token': of('tenant'), 'X-Subject-Token': of('tenant') }),
    sendRequest(service, { ...headers('tenant'), 'OpenStack-API-Version': `compute ${of('wrong')}` }),
  ];
  await Promise.all(requests);
  const sockets = [
    await sendBytes(service, `GET / HTTP/1.1\r\nX-Auth-Token: ${of('tenant')}\r\nbad\x00header\r\n\r\n`),
    await sendBytes(
      service,
      `GET http://u:${encodeURIComponent(of('wrong'))}@h${ACTIONS} HTTP/1.1\r\nHost: x\r\n\r\n`,
    ),
  ];
  await until(() => service.stdout.length > before, 'the service has logged the requests');
  for (const socket of sockets) socket.destroy();
}
