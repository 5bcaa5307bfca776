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

/**
 * Returns the environment variables of the first `docker run` in docs/deploy/container.md. `PORT` is replaced by a free
 * port.
 */
async function demonstration(): Promise<Environment> {
  const [, line = ''] =
    /^docker run ((?:.*\\\n)*.*)$/m.exec(readProjectFile('docs/deploy/container.md')) ?? [];
  const variables = [...line.matchAll(/ -e (\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]);
  expect(variables).not.toEqual([]);
  const reserved = await reservePort();
  await reserved.release();
  return { ...(Object.fromEntries(variables) as Environment), PORT: String(reserved.port) };
}

/** Requests the example action, which the service inserts into a new database, as the demo administrator. */
async function requestExample(
  host: string,
  { PORT }: Environment,
): Promise<readonly [status: number, body: string]> {
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
  it('the image has the labels of the build and of the project', () => {
    expect(image.config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'nova-action-log',
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.version': '1.2.3',
      'org.opencontainers.image.revision': 'abc',
    });
  });

  it('the image contains neither npm nor sources, and the user of the container can write no file of the image', () => {
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
    'a container of the image returns the example actions over IPv4 and IPv6, is healthy and exits on SIGTERM, if it runs as %s',
    async (_who, user) => {
      const environment = await demonstration();
      const service = image.start({ environment, ...(user !== undefined && { user }) });
      await service.url();
      expect(await requestExample('127.0.0.1', environment)).toEqual(EXAMPLE);
      expect(await requestExample('[::1]', environment)).toEqual(EXAMPLE);
      expect(await image.healthExitCode(environment)).toBe(0);
      expect([await end(service), service.stderr]).toEqual([0, '']);
      expect(await image.healthExitCode(environment)).toBe(1);
    },
  );

  it('a container of the image listens on IPv4 on a machine without IPv6', async () => {
    const environment = await demonstration();
    const service = image.start({ environment, commandPrefix: WITHOUT_IPV6 });
    expect(await service.url()).toContain('0.0.0.0');
    expect(await requestExample('127.0.0.1', environment)).toEqual(EXAMPLE);
    expect(await image.healthExitCode(environment)).toBe(0);
    expect(await end(service)).toBe(0);
  });

  it('a container of the image exits if neither Keystone nor a tokens file is configured, and prints one line with the solution', async () => {
    const service = image.start({ environment: {} });
    expect(await service.exited()).toBe(1);
    expect(service.stderr).toMatch(
      /^nova-action-log cannot start: HOST :: [^\n]*docker run -p 127\.0\.0\.1[^\n]*\n$/,
    );
  });
});
