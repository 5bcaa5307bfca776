import { createHash } from 'node:crypto';
import type { Json } from './cases.js';

/** The form in which a long list is recorded. The README in this folder describes it. */
export type ListDigest = { digest: string; count: number; first: Json[]; last: Json[]; links: Json };

/** A response body that contains one list. `links` is the link to the next page, or null if the body has no links. */
interface List {
  readonly key: string;
  readonly rows: readonly Json[];
  readonly links: Json;
}

/** The maximum length of a list that is recorded completely, in characters. A longer list is recorded as a digest. */
const MAX_VERBATIM_LENGTH = 12_000;

/**
 * Returns the form in which a body is recorded: a digest for a long list, otherwise the whole body. The URLs in `body`
 * must already begin with `{base}`.
 */
export function asRecordedBody(body: Json): Json {
  const list = listIn(body);
  if (list === undefined || JSON.stringify(body).length <= MAX_VERBATIM_LENGTH) return body;
  const { rows, links } = list;
  return {
    digest: digestOf(body, '{base}'),
    count: rows.length,
    first: rows.slice(0, 1),
    last: rows.slice(-1),
    links,
  };
}

/** Returns the list that a body consists of; undefined if the body contains anything else. */
export function listIn(body: Json): List | undefined {
  if (!isObject(body)) return undefined;
  const isLinks = ([key]: [string, Json]): boolean => key === 'links' || key.endsWith('_links');
  const [first, ...more] = Object.entries(body).filter((entry) => !isLinks(entry));
  const links = Object.entries(body).find(isLinks)?.[1] ?? null;
  if (first === undefined || more.length > 0) return undefined;
  const [key, rows] = first;
  return Array.isArray(rows) ? { key, rows, links } : undefined;
}

/** Returns the digest of a long list. The README in this folder describes how it is computed. */
export function digestOf(body: Json, base: string): string {
  const ascii = JSON.stringify(sorted(body)).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return createHash('sha256').update(ascii.replaceAll(base, '{base}')).digest('hex');
}

export function isDigest(body: Json): body is ListDigest {
  return isObject(body) && Object.keys(body).join() === 'digest,count,first,last,links';
}

export function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key] ?? null)]));
}
