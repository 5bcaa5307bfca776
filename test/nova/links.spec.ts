import { expect, it } from '@jest/globals';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { PROJECT, textOf } from '../support/deploy/manifests.js';

/** The folders with Markdown files, besides the project's root. */
const FOLDERS = ['.github', 'deploy', 'docs', 'test'];

const pages = [
  ...readdirSync(PROJECT),
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    ),
  ),
].filter((name) => name.endsWith('.md'));

/** Returns the anchors that GitHub creates for the headings of a page. */
function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose(page).matchAll(/^#{1,6} (.+)$/gm)) {
    const anchor = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-');
    let number = 1;
    let unique = anchor;
    for (; anchors.has(unique); number += 1) unique = `${anchor}-${number}`;
    anchors.add(unique);
  }
  return anchors;
}

/** Returns the text of a page without its code blocks. */
function prose(page: string): string {
  return textOf(page).replaceAll(/^```.*?^```/gms, '');
}

/** Returns the error in a link; undefined for a valid link and for a link to another site. */
function linkError(page: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : relative(PROJECT, join(PROJECT, dirname(page), path));
  if (target.startsWith('..') || !existsSync(join(PROJECT, target))) return `${link}: no such file`;
  if (anchor === undefined || statSync(join(PROJECT, target)).isDirectory()) return undefined;
  return anchorsOf(target).has(anchor) ? undefined : `${link}: no such heading`;
}

/** Applies a function to all pages. Returns its results, each with the name of the page. */
function inPages(find: (page: string) => (string | undefined)[]): string[] {
  return pages.flatMap((page) =>
    find(page)
      .filter((one) => one !== undefined)
      .map((one) => `${page}: ${one}`),
  );
}

it('all links in Markdown files lead to existing files and headings', () => {
  expect(pages).toEqual(
    expect.arrayContaining(['README.md', 'docs/deploy.md', 'test/conformance/README.md']),
  );
  const errors = inPages((page) =>
    [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => linkError(page, link)),
  );
  expect(errors).toEqual([]);
});

it('all paths in Markdown files, such as `src/main.ts`, exist', () => {
  const absent = inPages((page) =>
    [...prose(page).matchAll(/`((?:bench|config|deploy|docs|scripts|src|test)\/[\w./-]+)`/g)]
      .map(([, name = '']) => name)
      .filter((name) => !existsSync(join(PROJECT, name))),
  );
  expect(absent).toEqual([]);
});

it('the check of links reports missing files and headings', () => {
  expect(linkError('README.md', 'docs/none.md')).toBe('docs/none.md: no such file');
  expect(linkError('README.md', 'docs/deploy.md#none')).toBe('docs/deploy.md#none: no such heading');
  expect(linkError('docs/deploy.md', '../../outside.md')).toBe('../../outside.md: no such file');
  expect(linkError('docs/deploy.md', '#on-kubernetes')).toBeUndefined();
});
