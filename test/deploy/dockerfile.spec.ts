import { describe, expect, it } from '@jest/globals';
import { DockerfileParser, Label } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describedSettings } from '../../src/config/kinds/setting.decorator.js';
import '../../src/config/settings.js';
import { readProjectFile } from '../support/deploy/manifests.js';
import { run } from '../support/process/run.js';

describe('the Dockerfile', () => {
  it('the Dockerfile passes the linter', () => {
    const problems = validate(readProjectFile('Dockerfile')).map(
      ({ message, range }) => `${range.start.line + 1}: ${JSON.stringify(message)}`,
    );
    expect(problems).toEqual([]);
  });

  it('the Dockerfile copies only files that .dockerignore includes', () => {
    const allowed: readonly string[] = readProjectFile('.dockerignore').match(/(?<=^!).*$/gm) ?? [];
    const copies = readProjectFile('Dockerfile').match(/^COPY (?!--from).*$/gm) ?? [];
    const copied = copies.flatMap((line) => line.split(/\s+/).slice(1, -1));
    expect(copied.length).toBeGreaterThan(5);
    expect(copied.filter((path) => !allowed.includes(path))).toEqual([]);
  });

  it('the Dockerfile labels the image with values from package.json and with the name of the base image', () => {
    const dockerfile = DockerfileParser.parse(readProjectFile('Dockerfile'));
    const labels = dockerfile
      .getInstructions()
      .filter((one): one is Label => one instanceof Label)
      .flatMap((label) => label.getProperties());
    const found = Object.fromEntries(labels.map((one) => [one.getName(), one.getValue()]));
    const { name, description, license } = JSON.parse(readProjectFile('package.json')) as Record<
      string,
      string
    >;
    const base = dockerfile.getFROMs().at(-1)?.getImage();
    expect(found).toEqual({
      'org.opencontainers.image.title': name,
      'org.opencontainers.image.description': description,
      'org.opencontainers.image.licenses': license,
      'org.opencontainers.image.version': '$VERSION',
      'org.opencontainers.image.revision': '$REVISION',
      'org.opencontainers.image.base.name': `docker.io/library/${base}`,
    });
  });

  it('the command in docs/deploy/container.md pins both base images of the Dockerfile to a digest, and replaces an older digest', async () => {
    const [, command = ''] =
      /```sh\n(for tag in [^`]+)```/.exec(readProjectFile('docs/deploy/container.md')) ?? [];
    const folder = await mkdtemp(join(tmpdir(), 'pinned-'));
    try {
      await writeFile(join(folder, 'Dockerfile'), readProjectFile('Dockerfile'));
      for (const digest of ['1', '2']) {
        // A fake `docker` command. The digest that it prints ends with the name of the image.
        const docker = `docker() { echo "${digest}-$6" | tr : -; }`;
        expect(await run('bash', ['-euc', `${docker}\n${command}`], { folder })).toMatchObject({ code: 0 });
      }
      const pinned = DockerfileParser.parse(await readFile(join(folder, 'Dockerfile'), 'utf8')).getFROMs();
      expect(pinned.map((from) => from.getArgumentsContent())).toEqual([
        'node:26-trixie@2-node-26-trixie AS build',
        'node:26-trixie-slim@2-node-26-trixie-slim',
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('the Dockerfile sets a numeric user other than root', () => {
    const user = DockerfileParser.parse(readProjectFile('Dockerfile'))
      .getInstructions()
      .filter((one) => one.getKeyword() === 'USER');
    expect(user.at(-1)?.getArgumentsContent()).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });
});

it('docs/deploy/container.md runs the image with settings that exist', () => {
  const text = readProjectFile('docs/deploy/container.md');
  const names = [...text.matchAll(/^(\w+)=| -e (\w+)=/gm)].map(
    ([, inFile, onLine]) => inFile ?? onLine ?? '',
  );
  expect(names).toEqual(expect.arrayContaining(['TOKENS_FILE', 'OS_PASSWORD_FILE']));
  const known = [...describedSettings().keys()].flatMap((name) => [name, `${name}_FILE`]);
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
});
