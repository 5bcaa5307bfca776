import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { SettingsError } from '../../src/config/settings-error.js';
import { NovaCells } from '../../src/database/cells/nova-cells.js';
import { makeCertificate } from '../support/http/certificate.js';
import { mariaDbPlugins } from '../support/databases/mariadb-plugins.js';
import { type MariaDbServer, privateMariaDb } from '../support/databases/mariadb.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { accountOf } from '../support/nova/logins.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { TABLES } from '../support/databases/own-store.js';
import { until } from '../support/time/until.js';
import { closeAfterAll } from '../support/close-after-all.js';

let folder: string;
/** A MariaDB server with TLS, and with the authentication plugins ed25519 and pam. */
let server: MariaDbServer;
let databases: NovaDatabases;
let api: Connection;
let socket: string;
let hostAndPort: string;
let service: RunningService | undefined;

/** A database account for which the server requires TLS. */
const ENCRYPTED = { user: 'encrypted', password: '100%' };
const ED25519 = { user: 'modern', password: 'secret%4' };

const MIGRATIONS = [1, 2, 3, 4, 5].map((id) => ({
  cell: 'cell1' as const,
  id,
  uuid: `dddddddd-0000-4000-8000-00000000000${id}`,
  source_compute: 'a',
  dest_compute: 'b',
  status: 'done',
  migration_type: 'resize',
  created_at: `2026-01-0${id} 00:00:00`,
  hidden: 0,
  deleted: 0,
}));

const keep = closeAfterAll();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'addresses-'));
  keep(() => rm(folder, { recursive: true }));
  const { certificate, key } = await renewCertificate();
  const plugins = await mariaDbPlugins(folder);
  const options = [`--ssl-cert=${certificate}`, `--ssl-key=${key}`, `--plugin-dir=${plugins}`];
  server = keep(await privateMariaDb({ options }));
  databases = await createNovaDatabases(server);
  await databases.fill({ migrations: MIGRATIONS });
  api = keep(await createConnection(databases.adminUrl('nova_api')));
  const statements = [
    "INSTALL SONAME 'auth_ed25519'",
    "INSTALL SONAME 'auth_pam_v1'",
    `CREATE USER ${ENCRYPTED.user} IDENTIFIED BY '${ENCRYPTED.password}' REQUIRE SSL`,
    `CREATE USER ${ED25519.user} IDENTIFIED VIA ed25519 USING PASSWORD('${ED25519.password}')`,
    'CREATE USER pam IDENTIFIED VIA pam',
    "CREATE USER locked IDENTIFIED BY 'x' ACCOUNT LOCK",
    ...[ENCRYPTED, ED25519].flatMap(({ user }) =>
      databases.grants.map((grant) => grant.replace(accountOf(databases.reader), user)),
    ),
  ];
  for (const statement of statements) await api.query(statement);
  const [[row]] = await api.query<RowDataPacket[]>('SELECT @@socket AS socket, @@port AS port');
  socket = String(row?.['socket']);
  hostAndPort = `127.0.0.1:${String(row?.['port'])}`;
});

afterEach(async () => {
  await service?.stop();
  service = undefined;
});

/** Makes a new self-signed certificate for the MariaDB server. */
async function renewCertificate(): Promise<{ certificate: string; key: string }> {
  const files = { certificate: join(folder, 'db.pem'), key: join(folder, 'db.key') };
  await makeCertificate({ name: 'db', alternatives: 'DNS:localhost,IP:127.0.0.1' }, files);
  return files;
}

function address(
  database: string,
  { user, password }: typeof ENCRYPTED,
  at = hostAndPort,
  options = '',
): string {
  return `mysql+pymysql://${user}:${password}@${at}/${database}${options}`;
}

function apiDatabase(): string {
  return new URL(databases.apiUrl).pathname.slice(1);
}

/** Changes the addresses of all cells in `cell_mappings`. */
async function changeCells(connection: (database: string) => string): Promise<void> {
  for (const { uuid, database } of Object.values(databases.cells)) {
    await api.query('UPDATE cell_mappings SET database_connection = ? WHERE uuid = ?', [
      connection(database),
      uuid,
    ]);
  }
}

async function start(apiAddress: string, settings = {}): Promise<void> {
  service = await startService({ NOVA_API_DATABASE_URL: apiAddress, ...settings });
}

interface Answer {
  readonly status: number;
  readonly uuids: readonly string[] | undefined;
  readonly next: string | undefined;
}

function get(path: string): Promise<Response> {
  return fetch(`${service?.url ?? ''}/v2.1${path}`, {
    headers: { 'X-Auth-Token': personaTokens['admin'] ?? '', 'OpenStack-API-Version': 'compute 2.103' },
  });
}

async function list(query = ''): Promise<Answer> {
  const answer = await get(`/os-migrations${query}`);
  const body = (await answer.json()) as {
    migrations?: { uuid: string }[];
    migrations_links?: { href: string }[];
  };
  return {
    status: answer.status,
    uuids: body.migrations?.map(({ uuid }) => uuid),
    next: body.migrations_links?.[0]?.href,
  };
}

const NEWEST_FIRST = MIGRATIONS.map(({ uuid }) => uuid).reverse();

/**
 * Tries to open Nova's databases. Checks that an error message has only one line.
 *
 * @returns the message, or `no error`
 */
async function startError(apiAddress: string): Promise<string> {
  const cells = await NovaCells.open({ NOVA_API_DATABASE_URL: apiAddress }, TABLES).catch(
    (error: unknown) => error,
  );
  if (cells instanceof NovaCells) {
    await cells.close();
    return 'no error';
  }
  expect(cells).toBeInstanceOf(SettingsError);
  const { message } = cells as SettingsError;
  expect(message).toMatch(/^[^\n]+$/);
  return message;
}

describe('an address of a Nova database', () => {
  it.each([
    ['requires TLS, and the address has no options', ENCRYPTED, ''],
    ['requires TLS, and the address has ssl_disabled=false', ENCRYPTED, '?ssl_disabled=false'],
    ['requires TLS, and the address has ssl_mode=REQUIRED', ENCRYPTED, '?ssl_mode=REQUIRED'],
    ['uses the plugin ed25519', ED25519, ''],
    ['uses the plugin ed25519, without TLS', ED25519, '?ssl_disabled=true'],
  ])(
    'the service can use an address of a Nova database if the database account %s',
    async (_case, login, options) => {
      await changeCells((database) => address(database, login, hostAndPort, options));
      await start(address(apiDatabase(), login, hostAndPort, options));
      expect(await list()).toMatchObject({ status: 200, uuids: NEWEST_FIRST });
    },
  );

  it('if the address of a Nova database has unix_socket, the service uses the socket and ignores the host', async () => {
    const at = (database: string): string =>
      address(database, ENCRYPTED, 'db.invalid:1', `?charset=utf8&unix_socket=${socket}`);
    await changeCells(at);
    await start(at(apiDatabase()));
    expect(await list()).toMatchObject({ status: 200, uuids: NEWEST_FIRST });
    const ready = await fetch(`${service?.url ?? ''}/health/ready`);
    expect(await ready.json()).toMatchObject({ details: { api_database: { status: 'up' } } });
  });

  it('if the address of a Nova database has read_default_file, the service uses the options in that file', async () => {
    const file = join(folder, 'client.cnf');
    const [host, port] = hostAndPort.split(':');
    const lines = [
      '[client]',
      'host=db.invalid',
      '[nova]',
      'ssl=1',
      `ssl-ca=${join(folder, 'db.pem')}`,
      'bind-address=127.0.0.7',
    ];
    await writeFile(file, [...lines, `host=${host ?? ''}`, `port=${port ?? ''}`, ''].join('\n'));
    const options = `?read_default_file=${file}&read_default_group=nova`;
    await changeCells((database) => address(database, ENCRYPTED, '', options));
    await start(address(apiDatabase(), ENCRYPTED, '', options));
    expect(await list()).toMatchObject({ status: 200, uuids: NEWEST_FIRST });
    const [rows] = await api.query<RowDataPacket[]>(
      "SELECT host FROM information_schema.processlist WHERE user = ? AND host LIKE '127.0.0.7:%'",
      [ENCRYPTED.user],
    );
    expect(rows.length).toBeGreaterThan(0);
  });

  it.each([
    ['pam', 'the account uses the authentication plugin dialog, which the service does not support'],
    ['locked', 'Access denied, this account is locked'],
  ])(
    'the service exits with a one-line error if the account in the address of a Nova database cannot log in: %s',
    async (user, reason) => {
      expect(await startError(address(apiDatabase(), { user, password: 'x' }))).toBe(
        `NOVA_API_DATABASE_URL: the database cannot be read: ${reason}`,
      );
    },
  );

  it.each([
    ['/nowhere.pem', 'cannot be read (ENOENT): /nowhere.pem'],
    ['s3cret key', 'cannot be read (ENOENT)'],
    ['/dev/zero', 'cannot be read (it is not a regular file): /dev/zero'],
  ])(
    'the service exits with a one-line error if the certificate file in the address of a Nova database cannot be read: %s',
    async (file, reason) => {
      const options = `?ssl_ca=${encodeURIComponent(file)}`;
      expect(await startError(address(apiDatabase(), ENCRYPTED, hostAndPort, options))).toBe(
        `NOVA_API_DATABASE_URL: the file of ssl_ca ${reason}`,
      );
    },
  );

  it('the service uses TLS with a Nova database even if the handshake packet of the database arrives byte by byte', async () => {
    const [at, close] = await relay((byte) => byte);
    await changeCells((database) => address(database, ENCRYPTED, at));
    await start(address(apiDatabase(), ENCRYPTED, at));
    expect(await list()).toMatchObject({ status: 200, uuids: NEWEST_FIRST });
    await close();
  });

  it('if the address of a Nova database has an option for TLS, the service never connects without TLS, even if the database does not support TLS', async () => {
    const [at, close] = await relay((byte, place) => (place === 1 ? byte & ~0x08 : byte));
    expect(await startError(address(apiDatabase(), ENCRYPTED, at))).toMatch(/Access denied/);
    for (const option of [
      'ssl_mode=REQUIRED',
      `ssl_ca=${join(folder, 'db.pem')}`,
      'ssl_check_hostname=false',
    ]) {
      expect(await startError(address(apiDatabase(), ED25519, at, `?${option}`))).toMatch(
        /^NOVA_API_DATABASE_URL: .*does not support secure connection$/,
      );
    }
    expect(await startError(address(apiDatabase(), ED25519, at))).toBe('no error');
    await close();
  });
});

/**
 * Starts a relay to the MariaDB server. The relay can change single bytes of the server's handshake packet.
 *
 * @param change returns the byte to forward. Arguments: the byte that the server sent, and its offset from the
 *   capability flags in the packet
 * @returns the address of the relay, and a function that closes the relay
 */
async function relay(
  change: (byte: number, place: number) => number,
): Promise<[at: string, close: () => Promise<void>]> {
  const sockets: Socket[] = [];
  const front = createServer((client) => {
    const [host, port] = hostAndPort.split(':');
    const back = connect(Number(port), host);
    sockets.push(client, back);
    for (const one of [client, back]) one.setNoDelay(true).on('error', () => undefined);
    client.pipe(back);
    back.once('data', (handshake) => {
      back.pause();
      const flags = handshake.indexOf(0, 5) + 14;
      void (async () => {
        for (const [index, byte] of handshake.entries()) {
          client.write(Buffer.of(change(byte, index - flags)));
          await setImmediate();
        }
        back.pipe(client);
      })();
    });
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    front.close();
    await once(front, 'close');
  };
  return [`127.0.0.1:${(front.address() as AddressInfo).port}`, close];
}

describe('a cell whose address becomes invalid', () => {
  it.each([
    ['bytes that are not UTF-8', () => 'mysql+pymysql://u:s3cret%E4@h/n'],
    ['an option file that does not exist', () => 'mysql+pymysql://u:s3cret@h/n?read_default_file=/nowhere'],
    ['a certificate file that does not exist', () => 'mysql+pymysql://u:s3cret@h/n?ssl_ca=/nowhere'],
    ['an account with an unsupported plugin', () => address('mysql', { user: 'pam', password: 'x' })],
  ])(
    'a cell whose address becomes invalid is reported as degraded, and works again when the address is valid: %s',
    async (_what, bad) => {
      await changeCells((database) => address(database, ENCRYPTED));
      await start(address(apiDatabase(), ENCRYPTED));
      expect((await list()).status).toBe(200);
      const { uuid, database } = databases.cells.cell1;
      const change = 'UPDATE cell_mappings SET database_connection = ? WHERE uuid = ?';
      await api.query(change, [bad(), uuid]);
      expect((await list()).status).toBe(503);
      // The rows of usage audits are in cell0, so this request does not need the other cells.
      expect((await get('/os-instance_usage_audit_log')).status).toBe(200);
      const ready = await fetch(`${service?.url ?? ''}/health/ready`);
      const { details } = (await ready.json()) as { details: Record<string, { status: string }> };
      expect(details).toMatchObject({
        [`cell ${uuid}`]: { status: 'degraded' },
        [`cell ${databases.cells.cell2.uuid}`]: { status: 'up' },
      });
      const metrics = await (await fetch(`${service?.url ?? ''}/metrics`)).text();
      expect(metrics).toMatch(new RegExp(`database_up\\{database="cell ${uuid}"[^}]*\\} 0`));
      await api.query(change, [address(database, ENCRYPTED), uuid]);
      expect((await list()).status).toBe(200);
    },
  );
});

describe('a database with a renewed certificate', () => {
  it('the service reconnects to a database with a renewed certificate, without a restart, once the ssl_ca file is renewed too', async () => {
    const options = `?ssl_ca=${join(folder, 'db.pem')}`;
    await changeCells((database) => address(database, ENCRYPTED, hostAndPort, options));
    await start(address(apiDatabase(), ENCRYPTED, hostAndPort, options));
    expect((await list()).status).toBe(200);
    await renewCertificate();
    await api.query('FLUSH SSL');
    await api.query(`KILL USER ${ENCRYPTED.user}`);
    await until(async () => (await list()).status === 503, 'the old certificate fails');
    await until(async () => (await list()).status === 200, 'the new certificate is read');
  });
});

describe('a database that is listed as two cells', () => {
  afterEach(async () => {
    await api.query("DELETE FROM cell_mappings WHERE name = 'again'");
  });

  it.each([
    ['with the same address', ''],
    ['with a template', '{scheme}://{username}:{password}@{hostname}:{port}/'],
    ['with another name of its host', 'localhost'],
  ])(
    'if one database is listed as two cells, the service returns each migration once, and in full pages: %s',
    async (_how, other) => {
      await changeCells((database) => address(database, ENCRYPTED));
      const { database } = databases.cells.cell1;
      const again =
        other === ''
          ? address(database, ENCRYPTED)
          : other === 'localhost'
            ? address(database, ENCRYPTED, hostAndPort.replace('127.0.0.1', other), '?charset=utf8')
            : `${other}${database}`;
      await api.query(
        "INSERT INTO cell_mappings (uuid, name, transport_url, database_connection, disabled) VALUES (UUID(), 'again', 'fake:///', ?, 0)",
        [again],
      );
      await start(address(apiDatabase(), ENCRYPTED), {
        NOVA_DATABASE_URL: address(databases.cells.cell0.database, ENCRYPTED),
      });
      expect(await list()).toEqual({ status: 200, uuids: NEWEST_FIRST, next: undefined });
      const pages: (readonly string[] | undefined)[] = [];
      let query: string | undefined = '?limit=2';
      while (query !== undefined) {
        const { uuids, next } = await list(query);
        pages.push(uuids);
        query = next === undefined ? undefined : new URL(next).search;
      }
      expect(pages).toEqual([NEWEST_FIRST.slice(0, 2), NEWEST_FIRST.slice(2, 4), NEWEST_FIRST.slice(4)]);
    },
  );
});
