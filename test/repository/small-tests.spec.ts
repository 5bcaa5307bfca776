import { expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const PROJECT = join(import.meta.dirname, '..', '..');

/** What a small test needs none of: the network, another process or thread, waiting. */
const BEYOND_THE_UNIT =
  /^(node:)?(net|tls|https?|http2|dgram|dns|child_process|cluster|worker_threads|timers)(\/|$)|^(undici|ioredis|mysql2)(\/|$)/;

/** What a spec of this path imports or does that a small test may not. */
function excessOf(path: string, text: string): string[] {
  const imports = [...text.matchAll(/(?:\bfrom|\bimport\()\s*'([^']+)'/g)].map(([, name = '']) => name);
  const isOutside = (name: string): boolean =>
    name.startsWith('.') && relative('src', join(dirname(path), name)).startsWith('..');
  const found = imports.filter((name) => BEYOND_THE_UNIT.test(name) || isOutside(name));
  if (/(?<![.\w])fetch\(/.test(text)) found.push('fetch');
  if (/\b(setTimeout|setInterval)\(/.test(text) && !text.includes('useFakeTimers')) found.push('timers');
  return found;
}

it('tests under src/ are small: they use no network, no other process, no timer and nothing of test/', () => {
  const specs = readdirSync(join(PROJECT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.spec.ts'))
    .map((name) => join('src', name));
  expect(specs.length).toBeGreaterThan(30);
  const excess = specs.map((path) => [path, excessOf(path, readFileSync(join(PROJECT, path), 'utf8'))]);
  expect(excess.filter(([, found]) => found?.length !== 0)).toEqual([]);
});

it.each([
  ["import { connect } from 'node:net';", 'node:net'],
  ["import { setTimeout as sleep } from 'node:timers/promises';", 'node:timers/promises'],
  ["const { request } = await import('undici');", 'undici'],
  ["import { until } from '../../test/support/time/until.js';", '../../test/support/time/until.js'],
  ["await fetch('http://127.0.0.1');", 'fetch'],
  ['setTimeout(done, 10);', 'timers'],
])('the check of small tests reports %j', (text, found) => {
  expect(excessOf('src/common/some.spec.ts', text)).toEqual([found]);
});
