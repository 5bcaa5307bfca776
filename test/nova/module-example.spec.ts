import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ProjectCopy } from '../support/process/project-copy.js';
import { readProjectFile } from '../support/deploy/manifests.js';

const PAGE = 'docs/adding-a-module.md';

/** The time that the compiler and the tests of a whole project may take on a busy machine, in milliseconds. */
const TIMEOUT = 600_000;

/** The change of one file, as pairs of old and new lines. */
interface FileChange {
  readonly path: string;
  readonly hunks: readonly (readonly [before: string, after: string])[];
}

/** Returns the file changes in the `diff` blocks of a page. */
function changesIn(page: string): FileChange[] {
  return [...page.matchAll(/^```diff\n\+{3} (\S+)\n([^]*?)\n```$/gm)].map(([, path = '', body = '']) => ({
    path,
    hunks: body
      .split(/^@@\n/m)
      .slice(1)
      .map((hunk) => [linesOf(hunk, '-'), linesOf(hunk, '+')] as const),
  }));
}

/**
 * Returns the lines of a hunk that are unchanged or have the given sign. Prettier removes the space of an unchanged
 * line that is otherwise empty.
 */
function linesOf(hunk: string, sign: '-' | '+'): string {
  const lines = hunk.replace(/\n$/, '').split('\n');
  const kept = lines.filter((line) => line === '' || line.startsWith(' ') || line.startsWith(sign));
  return kept.map((line) => `${line.slice(1)}\n`).join('');
}

describe('the example module of docs/adding-a-module.md', () => {
  let copy: ProjectCopy;

  /**
   * Returns the real path of a file in the page. In the name of a migration, the page contains `<time>` instead of the
   * time.
   */
  function pathOf(path: string): string {
    if (!path.includes('<time>')) return path;
    const folder = path.slice(0, path.indexOf('<time>'));
    const end = path.slice(path.indexOf('>') + 1);
    const name = readdirSync(join(copy.folder, folder)).find((one) => one.endsWith(end)) ?? path;
    return join(folder, name);
  }

  beforeAll(async () => {
    copy = await ProjectCopy.create();
    const [, command = ''] = /^ *npm run new:module -- (.+)$/m.exec(readProjectFile(PAGE)) ?? [];
    const { code, err } = await copy.npm('new:module', ...command.split(' '));
    expect([code, err]).toEqual([0, '']);
  }, TIMEOUT);

  afterAll(() => copy.remove());

  it('the example module in docs/adding-a-module.md has diffs that apply to the generated files', async () => {
    const changes = changesIn(readProjectFile(PAGE));
    expect(changes).toHaveLength(13);
    for (const { path, hunks } of changes) {
      let text = await copy.read(pathOf(path));
      for (const [before, after] of hunks) {
        expect([path, before, text.split(before).length - 1]).toEqual([path, before, 1]);
        text = text.replace(before, () => after);
      }
      await copy.write(pathOf(path), text);
    }
  });

  it(
    'the example module in docs/adding-a-module.md compiles, is formatted and passes its test',
    async () => {
      const outcomes = await Promise.all([
        copy.tool('tsc', '--noEmit'),
        copy.tool('prettier', '--check', 'src/server-groups', 'test/server-groups'),
      ]);
      outcomes.push(await copy.jest('test/server-groups'));
      for (const { code, out, err } of outcomes) expect([code, code === 0 ? '' : out + err]).toEqual([0, '']);
    },
    TIMEOUT,
  );
});
