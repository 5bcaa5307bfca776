import type { Json, RecordedAnswer } from './cases.js';
import { digestOf, isDigest, isObject, type ListDigest, listIn } from './digest.js';

/**
 * A response of the tested server. Header names are in lower case. If a header is repeated, its values are joined by
 * commas.
 */
export interface ReceivedAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The URLs that replace the placeholders `{base}` and `{keystone}` in recorded answers. Neither ends with a slash. */
export interface Addresses {
  /** The URL of the tested server. */
  readonly base: string;
  /** The URL of Keystone. If it is undefined, the header `www-authenticate` is not compared. */
  readonly keystone?: string | undefined;
}

/**
 * Headers that Nova sends only if it has negotiated a microversion. If the recorded answer lacks one of them, the
 * response must lack it too.
 */
const NEGOTIATED = ['openstack-api-version', 'x-openstack-nova-api-version', 'vary'];

/** Compares a response with a recorded answer. @returns one sentence for each difference */
export function compareAnswers(
  recorded: RecordedAnswer,
  received: ReceivedAnswer,
  addresses: Addresses,
): string[] {
  const found: string[] = [];
  if (recorded.status !== received.status) {
    found.push(`status: expected ${recorded.status}, got ${received.status}`);
  }
  found.push(...compareHeaders(recorded.headers, received.headers, addresses));
  const body = compareBodies(recorded.body, received.body, addresses);
  if (body !== undefined) found.push(body);
  return found;
}

function compareHeaders(
  recorded: RecordedAnswer['headers'],
  received: ReceivedAnswer['headers'],
  addresses: Addresses,
): string[] {
  const found: string[] = [];
  const names = new Set<string>();
  for (const [recordedName, value] of Object.entries(recorded)) {
    const name = recordedName.toLowerCase();
    names.add(name);
    if (name === 'allow' || (name === 'www-authenticate' && addresses.keystone === undefined)) continue;
    const expected = normalised(name, substituted(value, addresses));
    const got = normalised(name, received.get(name));
    if (got !== expected) found.push(`header ${name}: expected ${show(expected)}, got ${show(got)}`);
  }
  for (const name of NEGOTIATED) {
    const got = received.get(name);
    if (!names.has(name) && got !== undefined) found.push(`header ${name}: expected none, got ${show(got)}`);
  }
  return found;
}

/**
 * Normalises the header `vary`, because servers may send one header or two, with or without a space after the comma.
 */
function normalised(name: string, value: string | undefined): string | undefined {
  return name === 'vary' ? value?.split(/\s*,\s*/).join(', ') : value;
}

function substituted(text: string, { base, keystone }: Addresses): string {
  const withBase = text.replaceAll('{base}', base);
  return keystone === undefined ? withBase : withBase.replaceAll('{keystone}', keystone);
}

function compareBodies(recorded: Json, text: string, addresses: Addresses): string | undefined {
  if (typeof recorded === 'string') {
    const expected = substituted(recorded, addresses);
    return expected === text ? undefined : `body: expected the text ${show(expected)}, got ${show(text)}`;
  }
  let got: Json;
  try {
    got = JSON.parse(text) as Json;
  } catch {
    return `body: expected JSON, got ${show(text)}`;
  }
  if (isDigest(recorded)) return compareDigest(recorded, got, addresses);
  const expected = JSON.parse(substituted(JSON.stringify(recorded), addresses)) as Json;
  return firstDifference(expected, got, '');
}

/**
 * Compares a long list with its digest. Compares the first and the last rows separately, because they give a more
 * useful message than the digest.
 */
function compareDigest(recorded: ListDigest, got: Json, addresses: Addresses): string | undefined {
  const list = listIn(got);
  if (list === undefined) return `body: expected one list of ${recorded.count} rows, got ${show(got)}`;
  const { key, rows } = list;
  if (rows.length !== recorded.count) return `body: expected ${recorded.count} rows, got ${rows.length}`;
  const { first, last, links } = JSON.parse(substituted(JSON.stringify(recorded), addresses)) as ListDigest;
  const end = rows.length - last.length;
  const at = (place: number) => (row: Json, index: number) =>
    firstDifference(row, rows[place + index] ?? null, `/${key}/${place + index}`);
  const kept = [...first.map(at(0)), ...last.map(at(end)), firstDifference(links, list.links, '/links')].find(
    (difference) => difference !== undefined,
  );
  if (kept !== undefined) return kept;
  const digest = digestOf(got, addresses.base);
  if (digest !== recorded.digest) {
    return `body: the rows between the first and the last: expected digest ${recorded.digest}, got ${digest}`;
  }
  // The digest does not depend on the order of the keys in a row, so this code compares the order. Each row must have
  // its keys in the same order as the first row. A key that only one of the two rows has is ignored.
  const order = first[0];
  const odd = rows.findIndex((row) => sharedKeys(row, order) !== sharedKeys(order, row));
  return odd < 0
    ? undefined
    : `body /${key}/${odd}: expected the keys in the order ${keysOf(order)}, got ${keysOf(rows[odd])}`;
}

/** Returns the JSON pointer of the first difference between two bodies: in a value, a key, or the order of keys. */
function firstDifference(expected: Json, got: Json, pointer: string): string | undefined {
  // The texts are equal only if the bodies have the same values and the same order of keys.
  if (JSON.stringify(expected) === JSON.stringify(got)) return undefined;
  const differs = `body ${pointer === '' ? '/' : pointer}: expected ${show(expected)}, got ${show(got)}`;
  if (Array.isArray(expected) && Array.isArray(got)) {
    for (let index = 0; index < Math.min(expected.length, got.length); index += 1) {
      const inside = firstDifference(expected[index] ?? null, got[index] ?? null, `${pointer}/${index}`);
      if (inside !== undefined) return inside;
    }
    return `body ${pointer}: expected ${expected.length} elements, got ${got.length}`;
  }
  if (!isObject(expected) || !isObject(got)) return differs;
  for (const key of Object.keys(expected)) {
    const here = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!Object.hasOwn(got, key)) return `body ${here}: expected ${show(expected[key])}, got no such key`;
    const inside = firstDifference(expected[key] ?? null, got[key] ?? null, here);
    if (inside !== undefined) return inside;
  }
  const extra = Object.keys(got).find((key) => !Object.hasOwn(expected, key));
  if (extra !== undefined) return `body ${pointer}/${extra}: expected no such key, got ${show(got[extra])}`;
  return `body ${pointer === '' ? '/' : pointer}: expected the keys in the order ${keysOf(expected)}, got ${keysOf(got)}`;
}

/** Lists the keys that both values have, in the order of the first value. */
function sharedKeys(value: Json | undefined, other: Json | undefined): string {
  if (value === undefined || other === undefined || !isObject(value) || !isObject(other)) return show(value);
  return Object.keys(value)
    .filter((key) => key in other)
    .join(', ');
}

function keysOf(value: Json | undefined): string {
  return value !== undefined && isObject(value) ? Object.keys(value).join(', ') : show(value);
}

function show(value: Json | undefined): string {
  if (value === undefined) return 'none';
  const text = JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text;
}
