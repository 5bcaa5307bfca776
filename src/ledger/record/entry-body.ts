import { hash } from 'node:crypto';
import type { ActionBody, EntryBodies, ServerBody } from './entry.js';

/**
 * Returns the JSON text of the body of an entry. It is canonical: the same body always has the same text. Keys are
 * sorted, null is kept, and an absent value is left out.
 *
 * @throws TypeError if the body contains a number that is not a safe integer
 */
export function bodyText(body: EntryBodies[keyof EntryBodies]): string {
  return canonicalJson(body);
}

/** Returns the first 64 bits of the SHA-256 of a text, in hexadecimal. */
export function fingerprint(text: string): string {
  return hash('sha256', text).slice(0, 16);
}

/**
 * Returns the fingerprint by which the recorder detects that an action or a server has changed. It does not depend on
 * the place of the row, nor on `task_state` and `updated_at` of a server, which change often and are not important.
 *
 * @param text from `bodyText`, if the caller has it
 */
export function fingerprintOf(body: ActionBody | ServerBody, text?: string): string {
  if ('server' in body)
    return fingerprint(canonicalJson({ ...body.server, task_state: null, updated_at: null }));
  // The text begins with the action and the events. Inside of texts, JSON has a backslash before each quote, so the
  // search finds the key.
  text ??= bodyText(body);
  return fingerprint(text.slice(0, text.lastIndexOf(',"place":')));
}

/** Returns the JSON text of a value. The same value always has the same text: its keys are sorted. */
export function canonicalJson(value: object): string {
  return JSON.stringify(isCanonical(value) ? value : sorted(value));
}

/** Returns true if all keys are sorted: the rows that the recorder reads are, so most bodies need no sorted copy. */
function isCanonical(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isCanonical);
  let last = '';
  // This loop makes no array of the keys, and so takes half of the time of `Object.entries`.
  for (const key in value) {
    if (key < last || !isCanonical((value as Readonly<Record<string, unknown>>)[key])) return false;
    last = key;
  }
  return true;
}

function sorted(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new TypeError(`the body of an entry contains the number ${value}`);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) copy[key] = sorted((value as Record<string, unknown>)[key]);
  return copy;
}
