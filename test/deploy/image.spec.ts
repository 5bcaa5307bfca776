import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeKeystone } from '../support/keystone/fake.js';
import { Image } from '../support/deploy/image.js';
import { mariaDb, type MariaDbServer } from '../support/databases/mariadb.js';
import { readProjectFile, readProjectYaml } from '../support/deploy/manifests.js';
import type { Environment, ServiceProcess } from '../support/process/process.js';
import { closeAfterAll } from '../support/close-after-all.js';

interface ComposeService {
  readonly command?: readonly string[];
  readonly environment?: Environment;
}

const keep = closeAfterAll();

const keystone = keep(new FakeKeystone());
let image: Image;
let server: MariaDbServer | undefined;

beforeAll(async () => {
  image = keep(await Image.assemble());
});

afterAll(async () => {
  await server?.stop();
});

describe('the files of the image', () => {
  it('the files of the image are sufficient to run the service, which does not change them', async () => {
    const before = readdirSync(image.app).sort();
    const service = image.start('dist/main.js', { HOST: '127.0.0.1', PORT: '0' });
    const { status, body } = await service.get('demo-admin');
    expect([status, body]).toEqual([200, expect.stringContaining('"event":"compute_run_instance"')]);
    expect((await fetch(`${await service.url()}/docs`)).status).toBe(200);
    expect(readdirSync(image.app).sort()).toEqual(before);
    expect(readdirSync(image.data)).toContain('actions.sqlite');
    service.signal('SIGTERM');
    expect(await service.exited()).toBe(0);
  });

  it('the bundled service serves only the modules that MODULES names', async () => {
    const service = image.start('dist/main.js', {
      HOST: '127.0.0.1',
      PORT: '0',
      MODULES: 'instance-actions',
    });
    expect((await service.get('demo-admin')).status).toBe(200);
    const headers = { 'X-Auth-Token': 'demo-admin' };
    expect((await fetch(`${await service.url()}/v2.1/os-migrations`, { headers })).status).toBe(404);
    service.signal('SIGTERM');
    expect(await service.exited()).toBe(0);
  });

  it('the files of the image contain no development package and no test', () => {
    const { devDependencies } = JSON.parse(readProjectFile('package.json')) as {
      devDependencies: Record<string, string>;
    };
    const there = readdirSync(join(image.app, 'node_modules'));
    // Some other development packages are in the image, because the packages of the service need them.
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

  it('the files of the image contain the licences of the service and of the bundled packages', () => {
    expect(readdirSync(image.app)).toEqual(expect.arrayContaining(['LICENSE', 'NOTICE']));
    const licences = readFileSync(join(image.app, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
    const { dependencies } = JSON.parse(readProjectFile('package.json')) as {
      dependencies: Record<string, string>;
    };
    const absent = Object.keys(dependencies).filter((name) => !licences.includes(`\n${name} `));
    // The bundle does not contain these two packages. Their folders in node_modules are complete, and contain the
    // licences.
    expect(absent.sort()).toEqual(['better-sqlite3', 'swagger-ui-dist']);
    expect(licences).toContain('Permission is hereby granted, free of charge');
  });

  it('the image contains only the run-time files and the licence of each package', () => {
    const packages = join(image.app, 'node_modules');
    const names = readdirSync(packages, { recursive: true, encoding: 'utf8' });
    const files = names.filter((name) => statSync(join(packages, name)).isFile());
    const bytes = files.reduce((sum, name) => sum + statSync(join(packages, name)).size, 0);
    expect(bytes).toBeLessThan(15_000_000);
    expect(files.filter((name) => /\.(map|ts|[ch]|cc|cpp|o|a|gypi?)$/.test(name))).toEqual([]);
    // Vulnerability scanners detect bundled packages by their package.json. The licence of a package must be
    // distributed with it.
    for (const name of ['@nestjs/core', 'fastify', 'better-sqlite3', 'swagger-ui-dist']) {
      const there = readdirSync(join(packages, name));
      expect([name, there]).toEqual([name, expect.arrayContaining(['package.json', 'LICENSE'])]);
    }
  });

  it('the service in the image does not start with HOST=0.0.0.0 if neither Keystone nor a tokens file is configured', async () => {
    const refused = image.start('dist/main.js', { HOST: '0.0.0.0', PORT: '0' });
    expect(await refused.exited()).toBe(1);
    expect(refused.stderr).toMatch(/^nova-action-log cannot start: HOST 0\.0\.0\.0 [^\n]*\n$/);
  });

  it('with both profiles of compose.yaml, the service in the image migrates and fills a database and returns the inserted rows', async () => {
    server = await mariaDb();
    const DATABASE_URL = await server.createDatabase('image');
    const { services } = readProjectYaml('compose.yaml') as { services: Record<string, ComposeService> };
    const runs = async (name: string): Promise<string> => {
      const [program = '', ...options] = services[name]?.command ?? [];
      const running = image.start(program, { DATABASE_URL }, ...options);
      return `${await running.exited()} ${running.output}`;
    };
    expect(await runs('migrate')).toMatch(/^0 nova-action-log: the store was migrated: .*\n$/);
    const upToDate = '0 nova-action-log: the store is up to date; the example was';
    expect(await runs('example')).toBe(`${upToDate} inserted\n`);
    expect(await runs('example')).toBe(`${upToDate} not inserted, because the store has rows\n`);
    const serves = (name: string, more: Environment): ServiceProcess => {
      const given = Object.entries(services[name]?.environment ?? {}).map(
        // Replaces variables by their defaults, as compose does.
        ([key, value]) => [key, value.replace(/^\$\{\w+:-(.*)\}$/, '$1').replace(/^\/app/, image.app)],
      );
      const here = { DATABASE_URL, HOST: '127.0.0.1', PORT: '0', ...more };
      return image.start('dist/main.js', { ...(Object.fromEntries(given) as Environment), ...here });
    };
    const own = serves('action-log', {});
    const embedded = image.start('dist/main.js', { HOST: '127.0.0.1', PORT: '0' });
    const [asked, expected] = [await own.get('demo-admin'), await embedded.get('demo-admin')];
    expect([asked.status, asked.body]).toEqual([200, expected.body]);
    const OS_PASSWORD_FILE = join(image.data, 'os-password');
    writeFileSync(OS_PASSWORD_FILE, keystone.password, { mode: 0o644 });
    keystone.tokens.set('operator', { roles: ['admin'] });
    const byKeystone = serves('action-log-keystone', {
      OS_AUTH_URL: await keystone.start(),
      OS_PASSWORD_FILE,
    });
    const { status, body } = await byKeystone.get('operator', '/v2.1/os-migrations');
    expect([status, body]).toEqual([200, expect.stringContaining('"status":"running"')]);
    await server.dropDatabase(DATABASE_URL);
  });
});

describe('the health check of the image', () => {
  const statuses = [200, 503, 401, undefined] as const;

  it.each(statuses)(
    'the health check of the image requests /health/live and succeeds only with 200: %s',
    async (status) => {
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
          image.start('health-check.js', where).exited(),
          sleep(60_000, 'late', { ref: false }),
        ]);
        expect([where, code]).toEqual([where, status === 200 ? 0 : 1]);
      }
      expect(asked).toEqual(Array(4).fill('/health/live'));
      listener.closeAllConnections();
      listener.close();
    },
  );

  it('the health check of the image fails if no service listens', async () => {
    expect(await image.start('health-check.js', { PORT: '1' }).exited()).toBe(1);
  });

  it('the health check of the image is the command in the Dockerfile and the manifests', () => {
    expect(readProjectFile('Dockerfile')).toContain('CMD ["node", "health-check.js"]');
    expect(readFileSync(join(image.app, 'health-check.js'), 'utf8')).toContain("'/health/live'");
  });
});
