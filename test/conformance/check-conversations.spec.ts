import { beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { closeAfterAll } from '../support/close-after-all.js';
import { ownStore } from '../support/databases/own-store.js';
import { createSqlite } from '../support/databases/stores.js';
import { npmRun, type Outcome } from '../support/process/run.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';

const [SERVER, HOST_NAME] = ['10c0e69c-fae1-42d8-80db-515b443d65ec', 'vm'];

describe('npm run conformance with --conversations', () => {
  const keep = closeAfterAll();
  let service: RunningService;
  let source: DataSource;
  let folder: string;

  beforeAll(async () => {
    const { url } = keep(await createSqlite());
    service = keep(await startService({ DATABASE_URL: url, HOST_NAME }));
    source = keep(await ownStore(url).initialize());
    folder = await mkdtemp(join(tmpdir(), 'conversations-'));
    keep(() => rm(folder, { recursive: true }));
  });

  async function check(tokens: Readonly<Record<string, string>> = personaTokens): Promise<Outcome> {
    const file = join(folder, 'tokens.json');
    await writeFile(file, JSON.stringify(tokens));
    return npmRun('conformance', [service.url, '--tokens', file, '--conversations']);
  }

  /** Runs the SQL statements that the command prints. */
  async function prepare(): Promise<void> {
    const { code, out } = await npmRun('conformance', ['--print-servers']);
    expect(code).toBe(0);
    for (const statement of out.split('\n').filter((line) => line !== '')) await source.query(statement);
  }

  it('npm run conformance with --conversations does not start while a server is missing, and names the option that inserts it', async () => {
    const { code, out, err } = await check();
    expect([code, out, err]).toEqual([
      2,
      '',
      expect.stringMatching(`^server ${SERVER} cannot be read: 404 .*\n.*--print-servers\n`),
    ]);
  });

  it('npm run conformance with --conversations reports equal responses to all 735 requests, and leaves no server groups behind', async () => {
    await prepare();
    const { code, out, err } = await check();
    expect([code, out]).toEqual([0, expect.stringMatching(/\n735 of 735\n$/)]);
    expect(err).toBe(
      `This run deletes all server groups of ${service.url}, and locks and unlocks 39 servers.\n` +
        'The locks of these servers and their actions remain in the database.\n',
    );
    expect(await source.query('SELECT id FROM instance_groups')).toEqual([]);
  });

  it('npm run conformance with --conversations does not start again before the database is prepared again', async () => {
    expect(await check()).toMatchObject({
      code: 2,
      err: expect.stringContaining(`${SERVER} already has actions`),
    });
    await prepare();
    const { admin = '' } = personaTokens;
    const { code, out } = await check({ admin });
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(
        /\nskipped, because no token is given: \d+ conversations of the personas alice, /,
      ),
    ]);
  });

  it('npm run conformance with --conversations needs a token of an administrator', async () => {
    expect(await check({})).toMatchObject({
      code: 2,
      err: expect.stringContaining('a token of the persona admin'),
    });
  });
});
