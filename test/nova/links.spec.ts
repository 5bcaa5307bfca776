import { expect, it } from '@jest/globals';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { PROJECT, readProjectFile } from '../support/deploy/manifests.js';

/** Folders with pages of the project's own, besides its top. */
const FOLDERS = ['.github', 'deploy', 'docs', 'test'];

const pages = [
  ...readdirSync(PROJECT),
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    ),
  ),
].filter((name) => name.endsWith('.md'));

/** The anchors that GitHub gives to a page's headings. */
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

/** A page without its blocks of code. */
function prose(page: string): string {
  return readProjectFile(page).replaceAll(/^```.*?^```/gms, '');
}

/** What is wrong with a link; undefined when nothing is, or when it leads to another site. */
function mistakeIn(page: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : relative(PROJECT, join(PROJECT, dirname(page), path));
  if (target.startsWith('..') || !existsSync(join(PROJECT, target))) return `${link}: no such file`;
  if (anchor === undefined || statSync(join(PROJECT, target)).isDirectory()) return undefined;
  return anchorsOf(target).has(anchor) ? undefined : `${link}: no such heading`;
}

/** @returns what the function finds in the pages, with the name of the page before it */
function inPages(find: (page: string) => (string | undefined)[]): string[] {
  return pages.flatMap((page) =>
    find(page)
      .filter((one) => one !== undefined)
      .map((one) => `${page}: ${one}`),
  );
}

it('the links in all pages lead to existing files and headings', () => {
  expect(pages).toEqual(
    expect.arrayContaining(['README.md', 'docs/deploy/README.md', 'test/conformance/README.md']),
  );
  const mistakes = inPages((page) =>
    [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => mistakeIn(page, link)),
  );
  expect(mistakes).toEqual([]);
});

it('the pages name only existing files of the project', () => {
  const absent = inPages((page) =>
    [...prose(page).matchAll(/`((?:bench|config|deploy|docs|scripts|src|test)\/[\w./-]+)`/g)]
      .map(([, name = '']) => name)
      .filter((name) => !existsSync(join(PROJECT, name))),
  );
  expect(absent).toEqual([]);
});

it('the check of links reports a missing file or heading', () => {
  expect(mistakeIn('README.md', 'docs/none.md')).toBe('docs/none.md: no such file');
  expect(mistakeIn('README.md', 'docs/deploy/README.md#none')).toBe(
    'docs/deploy/README.md#none: no such heading',
  );
  expect(mistakeIn('docs/deploy/README.md', '../../../outside.md')).toBe('../../../outside.md: no such file');
  expect(mistakeIn('docs/deploy/README.md', '#capacity-planning')).toBeUndefined();
});
