import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { parseMysqlUrl } from '../../src/config/addresses/mysql-address.js';
import { novaDatabaseOnHost, ownStore } from '../support/databases/own-store.js';
import { setDatabaseTimeLimits } from '../../src/database/connection/time-limits.js';
import { RequestSender } from '../conformance/request-sender.js';
import { loadFixture, personas } from '../conformance/cases.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { createNovaDatabases } from '../support/nova/databases.js';
import { personaTokens, personaTokensFile, startService } from '../support/service/service.js';
import { StatementLog } from '../support/databases/statement-log.js';
import { fillStore } from '../support/databases/stores.js';

/**
 * Default character sets of a database server. In the first four, a backslash can be the second byte of a character.
 */
const CHARACTER_SETS = ['gbk', 'big5', 'sjis', 'cp932', 'latin1'];
const USUAL = { characterSet: 'utf8mb4', sqlMode: 'TRADITIONAL' };
const UNUSUAL = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT';

/**
 * Texts whose last byte in UTF-8 is 81, AD, BD or A9. In the first four of CHARACTER_SETS, such a byte and the next
 * byte are one character.
 */
const LEADING = ['\u4e01', '\u4e2d', '\ufffd', '\u00e9', '\u4e2d\u00e9'];
/** An SQL injection: the text ends the string literal, and adds a query for the actions of all projects. */
const UNION =
  "' UNION ALL SELECT 0, instance_uuid, request_id FROM instance_actions) wanted STRAIGHT_JOIN instance_actions item ON 1=1 #";
const TEXTS = [...LEADING.flatMap((leading) => [`${leading}'`, `${leading}\\`]), `\u4e2d${UNION}`];

const fixture = loadFixture();
const [busy = ''] = fixture.labels['busy'] ?? [];
const project = personas['mona']?.project_id ?? '';

/** The tokens of the test callers, and one token for each of TEXTS, with that text as the id of the project. */
const TOKENS = JSON.stringify({
  ...(JSON.parse(personaTokensFile()) as object),
  ...Object.fromEntries(
    TEXTS.map((project_id, index) => [`member-${index}`, { user_id: 'u', project_id, roles: ['reader'] }]),
  ),
});

/** Returns requests that make the service send SQL statements with the given text. */
function requestsWith(text: string): string[] {
  const word = encodeURIComponent(text);
  const filters = ['status', 'migration_type', 'instance_uuid', 'user_id', 'source_compute', 'hidden'];
  return [
    `/servers/${busy}/os-instance-actions/${word}`,
    `/servers/${busy}/os-instance-actions?limit=1&marker=${word}`,
    `/servers/${busy}/migrations/${word}`,
    `/os-migrations?project_id=${project}&marker=${word}`,
    `/os-migrations?project_id=${project}&host=${word}`,
    `/os-migrations?project_id=${project}&${filters.map((name) => `${name}=${word}`).join('&')}`,
  ];
}

/**
 * These tests change the configuration of the database server. Without the right session settings, the server would
 * parse statements differently from what the driver expects.
 */
describe('a database session', () => {
  let server: PrivateMariaDb;
  let url: string;
  let operator: Connection;
  let folder: string;
  let tokensFile: string;

  beforeAll(async () => {
    server = await privateMariaDb({ options: ['--skip-character-set-client-handshake'] });
    url = await server.createDatabase('actions');
    const { instances, instance_actions, migrations } = fixture;
    await fillStore(url, { instances, instance_actions, migrations });
    operator = await createConnection(server.url('mysql'));
    folder = await mkdtemp(join(tmpdir(), 'sessions-'));
    tokensFile = join(folder, 'tokens.json');
    await writeFile(tokensFile, TOKENS);
  });

  afterAll(async () => {
    await operator.end();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  /** Sets the default character set and the SQL mode of the server, and closes all open sessions. */
  async function set({ characterSet, sqlMode }: typeof USUAL): Promise<void> {
    await operator.query('SET GLOBAL sql_mode = ?', [sqlMode]);
    for (const part of ['client', 'connection', 'results', 'server']) {
      await operator.query(`SET GLOBAL character_set_${part} = ${characterSet}`);
    }
    const [sessions] = await operator.query<(RowDataPacket & { id: number })[]>(
      "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND user <> 'system user'",
    );
    for (const { id } of sessions) await operator.query('KILL ?', [id]).catch(() => undefined);
  }

  describe.each([
    ['the own store', ownStore, 0, () => Promise.resolve({ DATABASE_URL: url })],
    [
      'Nova',
      (at: string): DataSource => {
        const address = parseMysqlUrl(at);
        return novaDatabaseOnHost(address, address.hosts[0]);
      },
      5.2,
      async () => {
        const databases = await createNovaDatabases(server);
        await databases.fill(fixture);
        return { NOVA_API_DATABASE_URL: databases.apiUrl };
      },
    ],
  ] as const)('on %s', (_name, open, timeLimit, settings) => {
    it('a database session returns a text unchanged, with any character set and SQL mode of the server', async () => {
      const text = `a\\'b"c\\\\d\u4e2d\\'\u00e9\u4e01\\`;
      for (const characterSet of ['utf8mb4', ...CHARACTER_SETS]) {
        await set({ characterSet, sqlMode: UNUSUAL });
        setDatabaseTimeLimits(5_000);
        const source = await open(url).initialize();
        try {
          const [row] = await source.query<object[]>(
            'SELECT ? AS text, @@SESSION.max_statement_time AS seconds',
            [text],
          );
          // On Nova's databases, the server stops a statement when its request has timed out. On the service's own
          // database it does not, because a migration sometimes takes a long time.
          expect({ characterSet, ...row }).toEqual({ characterSet, text, seconds: timeLimit });
        } finally {
          await source.destroy();
        }
      }
    });

    it('a database session prevents SQL injection, with any character set and SQL mode of the server', async () => {
      await set(USUAL);
      const service = await startService({ ...(await settings()), TOKENS_FILE: tokensFile });
      const sender = new RequestSender(service.url, 8);
      try {
        const expected = await answers(sender);
        expect(new Set(expected.map(([, , status]) => status))).toEqual(new Set([200, 400, 404]));
        for (const characterSet of CHARACTER_SETS) {
          await set({ characterSet, sqlMode: UNUSUAL });
          expect([characterSet, await answers(sender)]).toEqual([characterSet, expected]);
        }
      } finally {
        sender.close();
        await service.stop();
      }
    });

    it('a database session is closed before the first statement of a request if the server rejects its settings', async () => {
      await set(USUAL);
      const relay = createServer((near) => {
        const far = connect(Number(new URL(url).port), '127.0.0.1');
        // The relay replaces the name utf8mb4 by utf8mb9. This character set does not exist, so the server rejects the
        // first statement.
        near.on('data', (data) => {
          far.write(data.toString('latin1').replace('NAMES utf8mb4', 'NAMES utf8mb9'), 'latin1');
        });
        far.pipe(near).on('error', () => undefined);
        far.on('error', () => undefined);
        near.on('close', () => far.destroy());
      }).listen(0, '127.0.0.1');
      await once(relay, 'listening');
      await operator.query("CREATE OR REPLACE USER refused@127.0.0.1 IDENTIFIED BY ''");
      await operator.query('GRANT ALL ON *.* TO refused@127.0.0.1');
      const log = await StatementLog.start(server, 'refused');
      try {
        const behind = new URL(url);
        behind.username = 'refused';
        behind.password = '';
        behind.port = String((relay.address() as AddressInfo).port);
        await expect(open(behind.href).initialize()).rejects.toThrow("Unknown character set: 'utf8mb9'");
        const statements = (await log.readNew()).map(({ sql }) => sql);
        expect(statements.filter((sql) => !sql.startsWith('SET '))).toEqual([]);
      } finally {
        await log.stop();
        relay.close();
      }
    });
  });
});

type Answer = readonly [token: string, path: string, status: number, body: string];

async function answers(sender: RequestSender): Promise<Answer[]> {
  const admin = personaTokens['admin'] ?? '';
  const requests = TEXTS.flatMap((text, index) => [
    ...requestsWith(text).map((path) => [admin, path] as const),
    [`member-${index}`, `/servers/${busy}/os-instance-actions`] as const,
  ]);
  return Promise.all(
    requests.map(async ([token, path]) => {
      const headers = { 'X-Auth-Token': token, 'OpenStack-API-Version': 'compute 2.103' };
      const answer = await sender.send({ method: 'GET', path: `/v2.1${path}`, headers, body: undefined });
      return [token, path, answer.status, answer.body] as const;
    }),
  );
}
