import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Image } from '../support/image.js';
import { mariaDb, type MariaDbServer } from '../support/mariadb.js';
import { textOf } from '../support/manifests.js';
import { createConnection } from 'mysql2/promise';

let image: Image;
let server: MariaDbServer | undefined;

beforeAll(async () => {
  image = await Image.assemble();
});

afterAll(async () => {
  await image.remove();
  await server?.stop();
});

describe('the files of the image', () => {
  it('suffice, and are not to be written by who runs them', async () => {
    const before = readdirSync(image.app).sort();
    const service = image.start('dist/main.js', { HOST: '127.0.0.1', PORT: '0' });
    const { status, body } = await service.ask('demo-admin');
    expect([status, body]).toEqual([200, expect.stringContaining('"event":"compute_run_instance"')]);
    expect((await fetch(`${await service.url()}/docs`)).status).toBe(200);
    expect(readdirSync(image.app).sort()).toEqual(before);
    expect(readdirSync(image.data)).toContain('actions.sqlite');
    service.signal('SIGTERM');
    expect(await service.ended()).toBe(0);
  });

  it('hold no package that is for development alone, and no test', () => {
    const { devDependencies } = JSON.parse(textOf('package.json')) as {
      devDependencies: Record<string, string>;
    };
    const there = readdirSync(join(image.app, 'node_modules'));
    // Some are needed by others, too.
    for (const name of ['jest', 'typescript', 'eslint', 'knip', 'prettier']) {
      expect(devDependencies).toHaveProperty(name);
      expect(there).not.toContain(name);
    }
    expect(
      readdirSync(join(image.app, 'dist'), { recursive: true }).filter((name) =>
        /\.spec\./.test(String(name)),
      ),
    ).toEqual([]);
  });

  it('serve nobody beyond loopback until it is set up who is who', async () => {
    const refused = image.start('dist/main.js', { HOST: '0.0.0.0', PORT: '0' });
    expect(await refused.ended()).toBe(1);
    expect(refused.stderr).toMatch(/^nova-action-log cannot start: HOST 0\.0\.0\.0 [^\n]*\n$/);
  });

  it('migrate, and begin with the example where compose.yaml says so, once', async () => {
    server = await mariaDb();
    const DATABASE_URL = await server.createDatabase('image');
    const migrating = image.start('dist/migrate.js', { DATABASE_URL });
    expect([await migrating.ended(), migrating.stderr]).toEqual([0, '']);
    const connection = await createConnection({ uri: DATABASE_URL, multipleStatements: true });
    for (let time = 0; time < 2; time += 1) await connection.query(textOf('deploy/compose/example.sql'));
    const [counts] = await connection.query(
      'SELECT (SELECT COUNT(*) FROM instance_actions) AS actions, (SELECT COUNT(*) FROM instance_actions_events) AS events',
    );
    expect(counts).toEqual([{ actions: 1, events: 2 }]);
    await connection.end();
    const TOKENS_FILE = join(image.app, 'config/demo-tokens.json');
    const own = image.start('dist/main.js', {
      DATABASE_URL,
      MIGRATE_ON_START: 'false',
      TOKENS_FILE,
      HOST: '127.0.0.1',
      PORT: '0',
    });
    const embedded = image.start('dist/main.js', { HOST: '127.0.0.1', PORT: '0' });
    const [asked, expected] = [await own.ask('demo-admin'), await embedded.ask('demo-admin')];
    expect([asked.status, asked.body]).toEqual([200, expected.body]);
    await server.dropDatabase(DATABASE_URL);
  });
});

describe('the health check of the image', () => {
  const statuses = [200, 503, 401, undefined] as const;

  it.each(statuses)('looks for a 200 from /health/live: %s', async (status) => {
    const asked: string[] = [];
    const listener = createServer((request, response) => {
      asked.push(request.url ?? '');
      if (status !== undefined) response.writeHead(status).end();
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const PORT = String((listener.address() as AddressInfo).port);
    const portFile = join(image.data, 'port');
    writeFileSync(portFile, `${PORT}\n`, { mode: 0o644 });
    for (const where of [
      { PORT, HOST: '0.0.0.0' },
      { PORT, HOST: '::' },
      { PORT: '1', OPERATIONS_PORT: PORT },
      { PORT_FILE: portFile },
    ]) {
      const code = await Promise.race([
        image.start('health-check.js', where).ended(),
        sleep(60_000, 'late', { ref: false }),
      ]);
      expect([where, code]).toEqual([where, status === 200 ? 0 : 1]);
    }
    expect(asked).toEqual(Array(4).fill('/health/live'));
    listener.closeAllConnections();
    listener.close();
  });

  it('fails where nobody listens', async () => {
    expect(await image.start('health-check.js', { PORT: '1' }).ended()).toBe(1);
  });

  it('is what the Dockerfile and the manifests ask for', () => {
    expect(textOf('Dockerfile')).toContain('CMD ["node", "health-check.js"]');
    expect(readFileSync(join(image.app, 'health-check.js'), 'utf8')).toContain("'/health/live'");
  });
});
