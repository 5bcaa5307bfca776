import { beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BuiltImage, signalContainer } from '../support/deploy/built-image.js';
import { readProjectFile } from '../support/deploy/manifests.js';
import { reservePort } from '../support/http/port.js';
import { EXAMPLE_PATH, type Environment, type ServiceProcess } from '../support/process/process.js';
import { WITHOUT_IPV6 } from '../support/process/without-ipv6.js';
import { closeAfterAll } from '../support/close-after-all.js';

let image: BuiltImage;

const keep = closeAfterAll();

beforeAll(async () => {
  image = keep(await BuiltImage.build({ VERSION: '1.2.3', REVISION: 'abc' }));
});

/** The variables of the first `docker run` in docs/deploy/container.md, and a free port instead of a published one. */
async function demonstration(): Promise<Environment> {
  const [, line = ''] =
    /^docker run ((?:.*\\\n)*.*)$/m.exec(readProjectFile('docs/deploy/container.md')) ?? [];
  const variables = [...line.matchAll(/ -e (\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]);
  expect(variables).not.toEqual([]);
  const reserved = await reservePort();
  await reserved.release();
  return { ...(Object.fromEntries(variables) as Environment), PORT: String(reserved.port) };
}

/** What an address of this machine answers to the demo operator. */
async function ask(host: string, { PORT }: Environment): Promise<readonly [status: number, body: string]> {
  const response = await fetch(`http://${host}:${PORT}${EXAMPLE_PATH}`, {
    headers: { 'X-Auth-Token': 'demo-admin' },
  });
  return [response.status, await response.text()];
}

const EXAMPLE = [200, expect.stringContaining('"event":"compute_run_instance"')];

async function end(service: ServiceProcess): Promise<unknown> {
  signalContainer(service, 'SIGTERM');
  return service.exited();
}

describe('the image', () => {
  it('the image has the labels of the build, and of the project', () => {
    expect(image.config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'nova-action-log',
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.version': '1.2.3',
      'org.opencontainers.image.revision': 'abc',
    });
  });

  it('the image has no npm, no sources, and no file of its own that its user can write to', () => {
    const app = join(image.root, 'app');
    expect(readdirSync(app).sort()).toEqual([
      'LICENSE',
      'NOTICE',
      'config',
      'data',
      'dist',
      'health-check.js',
      'node_modules',
      'package.json',
    ]);
    expect(existsSync(join(image.root, 'usr/local/bin/npm'))).toBe(false);
    const files = readdirSync(app, { recursive: true, encoding: 'utf8' }).map((name) => join(app, name));
    const writable = files.filter((file) => {
      const { mode, uid } = lstatSync(file);
      return !lstatSync(file).isSymbolicLink() && (uid !== 0 || (mode & 0o022) !== 0);
    });
    expect(writable).toEqual([]);
  });

  it.each([
    ['its own user', undefined],
    ['any user of group 0, as on OpenShift', '1234567:0'],
  ])(
    'the image serves the example on both address families, is healthy, and ends on SIGTERM: as %s',
    async (_who, user) => {
      const environment = await demonstration();
      const service = image.start({ environment, ...(user !== undefined && { user }) });
      await service.url();
      expect(await ask('127.0.0.1', environment)).toEqual(EXAMPLE);
      expect(await ask('[::1]', environment)).toEqual(EXAMPLE);
      expect(await image.healthExitCode(environment)).toBe(0);
      expect([await end(service), service.stderr]).toEqual([0, '']);
      expect(await image.healthExitCode(environment)).toBe(1);
    },
  );

  it('the image serves on IPv4 where there is no IPv6', async () => {
    const environment = await demonstration();
    const service = image.start({ environment, commandPrefix: WITHOUT_IPV6 });
    expect(await service.url()).toContain('0.0.0.0');
    expect(await ask('127.0.0.1', environment)).toEqual(EXAMPLE);
    expect(await image.healthExitCode(environment)).toBe(0);
    expect(await end(service)).toBe(0);
  });

  it('the image does not start before identity is configured, and says in one line what to do', async () => {
    const service = image.start({ environment: {} });
    expect(await service.exited()).toBe(1);
    expect(service.stderr).toMatch(
      /^nova-action-log cannot start: HOST :: [^\n]*docker run -p 127\.0\.0\.1[^\n]*\n$/,
    );
  });
});
