import { createHash } from 'node:crypto';
import type { Json } from './cases.js';

/** A list too long to be kept: see README.md. */
export type ListDigest = { digest: string; count: number; first: Json[]; last: Json[]; links: Json };

/** A body that is one list, and the link to its next page where there is one. */
interface List {
  readonly key: string;
  readonly rows: readonly Json[];
  readonly links: Json;
}

/** Longer lists are not kept as they are, in characters. */
const LONGEST = 12_000;

/** What is kept of a body in which `{base}` stands for the address: itself, or the digest of a long list. */
export function kept(body: Json): Json {
  const list = listIn(body);
  if (list === undefined || JSON.stringify(body).length <= LONGEST) return body;
  const { rows, links } = list;
  return {
    digest: digestOf(body, '{base}'),
    count: rows.length,
    first: rows.slice(0, 1),
    last: rows.slice(-1),
    links,
  };
}

/** The list that a body is; undefined where it is none, or more than one. */
export function listIn(body: Json): List | undefined {
  if (!isObject(body)) return undefined;
  const isLinks = ([key]: [string, Json]): boolean => key === 'links' || key.endsWith('_links');
  const [first, ...more] = Object.entries(body).filter((entry) => !isLinks(entry));
  const links = Object.entries(body).find(isLinks)?.[1] ?? null;
  if (first === undefined || more.length > 0) return undefined;
  const [key, rows] = first;
  return Array.isArray(rows) ? { key, rows, links } : undefined;
}

/** The digest of a long list, as README.md describes it. */
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
