import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import '../../src/app.module.js'; // brings the entities
import { parseMysqlUrl } from '../../src/config/mysql-address.js';
import { novaDatabaseOn, ownStore } from '../../src/database/data-source.js';
import { insertExample } from '../../src/instance-actions/example.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/mariadb.js';
import { DEMO_TOKENS, EXAMPLE_PATH } from '../support/process.js';
import { startService } from '../support/service.js';

/** A server on which a backslash in a text is a character like any other: what quotes by it, quotes nothing. */
describe('a database that knows no backslash', () => {
  let server: PrivateMariaDb;
  let url: string;

  beforeAll(async () => {
    server = await privateMariaDb({
      options: ['--sql-mode=NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT'],
    });
    url = await server.createDatabase('actions');
    const source = await ownStore(url).initialize();
    await source.runMigrations();
    await insertExample(source.manager);
    await source.destroy();
  });

  afterAll(() => server.stop());

  it('is asked for what callers name, and for nothing that they write around it', async () => {
    const service = await startService({ DATABASE_URL: url, TOKENS_FILE: DEMO_TOKENS });
    const ask = async (path: string): Promise<number> =>
      (await fetch(service.url + path, { headers: { 'X-Auth-Token': 'demo-tenant' } })).status;
    try {
      expect(await ask(EXAMPLE_PATH)).toBe(200);
      for (const text of [
        "x' OR '1'='1",
        "x' UNION ALL SELECT 0 -- ",
        'x\\',
        "\\' OR 1=1 -- ",
        '" OR ""="',
      ]) {
        const path = EXAMPLE_PATH.replace(/[^/]+$/, encodeURIComponent(text));
        expect([text, await ask(path)]).toEqual([text, 404]);
      }
    } finally {
      await service.stop();
    }
  });

  it.each([
    ['own', (): DataSource => ownStore(url)],
    [
      'Nova’s',
      (): DataSource => {
        const address = parseMysqlUrl(url);
        return novaDatabaseOn(address, address.hosts[0]);
      },
    ],
  ])('hands a text back as it was given: %s', async (name, open) => {
    const source = await open().initialize();
    try {
      const text = `a\\'b"c\\\\d`;
      const [row] = await source.query<Record<string, unknown>[]>(
        'SELECT ? AS text, @@SESSION.max_statement_time AS seconds',
        [text],
      );
      // What Nova's databases are asked is not worked at when nobody waits any more. Migrations may take longer.
      expect(row).toEqual({ text, seconds: name === 'own' ? 0 : 2 });
    } finally {
      await source.destroy();
    }
  });
});
