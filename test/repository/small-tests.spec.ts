import { expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const PROJECT = join(import.meta.dirname, '..', '..');

/**
 * The modules that a small test must not import. They give access to the network, to processes and threads, and to
 * timers.
 */
const FORBIDDEN_MODULES =
  /^(node:)?(net|tls|https?|http2|dgram|dns|child_process|cluster|worker_threads|timers)(\/|$)|^(undici|ioredis|mysql2)(\/|$)/;

/** Returns the imports and calls in a spec that a small test must not contain. */
function violationsIn(path: string, text: string): string[] {
  const imports = [...text.matchAll(/(?:\bfrom|\bimport\()\s*'([^']+)'/g)].map(([, name = '']) => name);
  const isOutside = (name: string): boolean =>
    name.startsWith('.') && relative('src', join(dirname(path), name)).startsWith('..');
  const found = imports.filter((name) => FORBIDDEN_MODULES.test(name) || isOutside(name));
  if (/(?<![.\w])fetch\(/.test(text)) found.push('fetch');
  if (/\b(setTimeout|setInterval)\(/.test(text) && !text.includes('useFakeTimers')) found.push('timers');
  return found;
}

it('the tests under src/ use no network, no other process, no timer, and no file in the folder test/', () => {
  const specs = readdirSync(join(PROJECT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.spec.ts'))
    .map((name) => join('src', name));
  expect(specs.length).toBeGreaterThan(30);
  const violations = specs.map((path) => [
    path,
    violationsIn(path, readFileSync(join(PROJECT, path), 'utf8')),
  ]);
  expect(violations.filter(([, found]) => found?.length !== 0)).toEqual([]);
});

it.each([
  ["import { connect } from 'node:net';", 'node:net'],
  ["import { setTimeout as sleep } from 'node:timers/promises';", 'node:timers/promises'],
  ["const { request } = await import('undici');", 'undici'],
  ["import { until } from '../../test/support/time/until.js';", '../../test/support/time/until.js'],
  ["await fetch('http://127.0.0.1');", 'fetch'],
  ['setTimeout(done, 10);', 'timers'],
])('the check of small tests reports %j', (text, found) => {
  expect(violationsIn('src/common/some.spec.ts', text)).toEqual([found]);
});
