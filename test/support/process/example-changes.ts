import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ProjectCopy } from './project-copy.js';

/** The change of one file, as pairs of old and new lines. */
export interface FileChange {
  readonly path: string;
  readonly hunks: readonly (readonly [before: string, after: string])[];
}

/** Returns the file changes in the `diff` blocks of a page. */
export function changesIn(page: string): FileChange[] {
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

/**
 * Changes a file of a copy. In the name of a migration, the path contains `<time>` instead of the time.
 *
 * @throws Error if the old lines of a hunk are not in the file exactly once
 */
export async function applyChange(copy: ProjectCopy, { path, hunks }: FileChange): Promise<void> {
  const [folder = '', end] = path.split('<time>');
  const names = end === undefined ? [] : readdirSync(join(copy.folder, folder));
  const file = end === undefined ? path : join(folder, names.find((name) => name.endsWith(end)) ?? end);
  let text = await copy.read(file);
  for (const [before, after] of hunks) {
    const count = text.split(before).length - 1;
    if (count !== 1) throw new Error(`${file} contains these lines ${count} times:\n${before}`);
    text = text.replace(before, () => after);
  }
  await copy.write(file, text);
}
