import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { releaseChanges } from './release/changelog.js';
import { FILES_WITH_VERSION, replaceVersion } from './release/mentions.js';
import { say, UsageError } from './shared/console.js';

/**
 * The work of this project in `npm version`. npm runs this script twice: with `check` before it changes files, and with
 * `write` before it commits and tags.
 */
const CHANGELOG = 'CHANGELOG.md';
const { npm_old_version: from = '', npm_new_version: to = '' } = process.env;

function git(...words: string[]): string {
  return execFileSync('git', words, { encoding: 'utf8' }).trim();
}

function check(): void {
  const branch = git('branch', '--show-current');
  if (branch !== 'main')
    throw new UsageError(`releases are made on the branch main, not on ${branch || 'a detached HEAD'}`);
  // npm itself accepts uncommitted changes if the option --no-git-tag-version is set, so this script checks for them.
  if (git('status', '--porcelain', '--untracked-files=no') !== '')
    throw new UsageError('commit all changes before a release');
  if (git('tag', '--list', `v${to}`) !== '') throw new UsageError(`the tag v${to} exists already`);
  releasedLog();
}

function releasedLog(): string {
  return releaseChanges(readFileSync(CHANGELOG, 'utf8'), to, new Date().toISOString().slice(0, 10));
}

function write(): void {
  const updated = git('ls-files', '--', ...FILES_WITH_VERSION)
    .split('\n')
    .map((file) => [file, replaceVersion(readFileSync(file, 'utf8'), from, to)] as const);
  for (const [file, text] of [[CHANGELOG, releasedLog()] as const, ...updated]) {
    writeFileSync(file, text);
    git('add', '--', file);
  }
}

try {
  if (from === '' || to === '')
    throw new UsageError('run "npm version" instead; CONTRIBUTING.md describes releases');
  if (process.argv[2] === 'write') write();
  else check();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
