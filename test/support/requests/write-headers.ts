import type { Random } from '../random.js';

/** Minor versions in which the API of server groups, locks or actions changed, and those before and after them. */
const MINORS_NEAR_CHANGES = [1, 12, 13, 14, 15, 21, 50, 51, 58, 63, 64, 72, 73, 74, 75, 84, 92, 93];
const INVALID_VERSIONS = ['2.0', '3.0', '2.999', '2', '2.01', 'newest', '', '1.1', '2.1.1'];

const CONTENT_TYPES = [
  'application/json; charset=utf-8',
  'application/json;',
  'application/json, text/plain',
  ' application/json',
  'APPLICATION/JSON',
  'text/plain',
  'application/vnd.openstack.compute+json',
  'application/xml',
  'application/x-www-form-urlencoded',
  // Without a boundary, Nova fails when it searches the form for the parameter `_method`.
  'multipart/form-data; boundary=x',
  'text/html',
  'application/*',
  'json',
  '; charset=utf-8',
];

/** Returns the minor number of a microversion of Nova 26. */
export function randomMinor(random: Random): number {
  return random.chance(0.7) ? random.pick(MINORS_NEAR_CHANGES) : random.int(1, 93);
}

/** Returns the headers of a request, except its token. Most of them are valid. @param minor from `randomMinor` */
export function writeHeaders(random: Random, minor: number, hasBody: boolean): Record<string, string> {
  return { ...version(random, minor), ...contentType(random, hasBody), ...accept(random) };
}

function version(random: Random, minor: number): Record<string, string> {
  const invalid = random.pick(INVALID_VERSIONS);
  return random.weighted<Record<string, string>>([
    [minor === 1 ? 50 : 1, {}],
    [80, { 'OpenStack-API-Version': `compute 2.${minor}` }],
    [14, { 'X-OpenStack-Nova-API-Version': `2.${minor}` }],
    [2, { 'OpenStack-API-Version': `compute ${invalid}` }],
    [1, { 'X-OpenStack-Nova-API-Version': invalid }],
  ]);
}

function contentType(random: Random, hasBody: boolean): Record<string, string> {
  return random.weighted<Record<string, string>>([
    [hasBody ? 88 : 2, { 'Content-Type': 'application/json' }],
    [5, {}],
    [hasBody ? 7 : 0.3, { 'Content-Type': random.pick(CONTENT_TYPES) }],
  ]);
}

function accept(random: Random): Record<string, string> {
  return random.weighted<Record<string, string>>([
    [90, {}],
    [6, { Accept: 'application/json' }],
    [1, { Accept: '*/*' }],
    [1, { Accept: 'text/html, application/json' }],
    [1, { Accept: 'application/xml' }],
  ]);
}
