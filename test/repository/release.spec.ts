import { beforeAll, describe, expect, it } from '@jest/globals';
import { releaseChanges } from '../../scripts/release/changelog.js';
import { FILES_WITH_VERSION, replaceVersion } from '../../scripts/release/mentions.js';
import { readProjectFile } from '../support/deploy/manifests.js';
import { ProjectCopy } from '../support/process/project-copy.js';
import { type Outcome, run } from '../support/process/run.js';
import { closeAfterAll } from '../support/close-after-all.js';

const { version: old } = JSON.parse(readProjectFile('package.json')) as { version: string };
const NEXT = '99.0.0';

let copy: ProjectCopy;

const keep = closeAfterAll();

beforeAll(async () => {
  copy = keep(await ProjectCopy.create());
  await copy.write(
    'CHANGELOG.md',
    '# Changes\n\n## Unreleased\n\n- A setting.\n\n## 0.0.9 - 2026-01-01\n\n- Older.\n',
  );
  await git('init', '--quiet', '--initial-branch', 'main');
  for (const [name, value] of [
    ['user.name', 'Test'],
    ['user.email', 'test@example.org'],
    ['core.hooksPath', '/dev/null'],
    ['commit.gpgSign', 'false'],
    ['tag.gpgSign', 'false'],
  ] as const)
    await git('config', name, value);
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'All');
});

async function git(...words: string[]): Promise<string> {
  const { code, out, err } = await run('git', words, { folder: copy.folder });
  if (code !== 0) throw new Error(`git ${words.join(' ')}: ${err}`);
  return out.trim();
}

function release(...options: readonly string[]): Promise<Outcome> {
  return run('npm', ['version', NEXT, ...options], { folder: copy.folder });
}

describe('npm version', () => {
  it('npm version rejects a release on a branch other than main, and changes nothing', async () => {
    await git('switch', '--quiet', '--create', 'feature');
    const { code, err } = await release();
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('releases are made on the branch main, not on feature'),
    ]);
    expect(await git('status', '--porcelain')).toBe('');
    await git('switch', '--quiet', 'main');
  });

  it('npm version rejects uncommitted changes, also with --no-git-tag-version', async () => {
    await copy.write('README.md', 'changed');
    expect(await release()).toMatchObject({ code: 1, err: expect.stringContaining('not clean') });
    expect(await release('--no-git-tag-version')).toMatchObject({
      code: 1,
      err: expect.stringContaining('commit all changes before a release'),
    });
    expect(await git('status', '--porcelain')).toBe('M README.md');
    await git('restore', 'README.md');
  });

  it('npm version sets the version in all files, dates the changelog entry, commits and tags', async () => {
    const { code, err } = await release();
    expect([code, err]).toEqual([0, '']);
    expect(await git('log', '-1', '--format=%s %D')).toBe(`Release ${NEXT} HEAD -> main, tag: v${NEXT}`);
    expect(await git('status', '--porcelain')).toBe('');
    for (const file of ['package.json', 'package-lock.json'])
      expect(JSON.parse(await copy.read(file))).toMatchObject({ version: NEXT });
    for (const file of ['base/deployment.yaml', 'own-store/migrate.yaml'])
      expect(await copy.read(`deploy/kubernetes/${file}`)).toContain(`nova-action-log:${NEXT}\n`);
    expect(await copy.read('CHANGELOG.md')).toMatch(
      /^# Changes\n\n## Unreleased\n\n## 99\.0\.0 - \d{4}-\d\d-\d\d\n\n- A setting\.\n\n## 0\.0\.9 - /,
    );
    const left = await run(
      'git',
      ['grep', '--fixed-strings', '--word-regexp', old, '--', ...FILES_WITH_VERSION],
      {
        folder: copy.folder,
      },
    );
    expect(left.out).toBe('');
  });
});

describe('the unreleased changes in CHANGELOG.md', () => {
  it('a release needs unreleased changes in CHANGELOG.md', () => {
    const log = '# Changes\n\n## Unreleased\n\n## 0.1.0 - 2026-01-01\n\n- Older.\n';
    expect(() => releaseChanges(log, '0.2.0', '2026-02-02')).toThrow('has no change under "## Unreleased"');
  });

  it('CHANGELOG.md has exactly one heading for unreleased changes', () => {
    expect(readProjectFile('CHANGELOG.md').match(/^## Unreleased$/gm)).toHaveLength(1);
  });
});

it('a release does not change versions of other software', () => {
  const text =
    'image: nova-action-log:0.1.0\nversion: "0.1.0"\nredis:0.1.0\nnova-action-log:0.1.0-rc\nnova-action-log:0x1.0\n';
  expect(replaceVersion(text, '0.1.0', '0.2.0')).toBe(
    'image: nova-action-log:0.2.0\nversion: "0.2.0"\nredis:0.1.0\nnova-action-log:0.1.0-rc\nnova-action-log:0x1.0\n',
  );
});
