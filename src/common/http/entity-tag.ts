import { createHash } from 'node:crypto';

/** Returns the strong entity tag of a body, for the header `ETag`. */
export function entityTag(body: string | Buffer): string {
  return `"${createHash('sha256').update(body).digest('base64url')}"`;
}

/**
 * Returns true if a header `If-None-Match` names an entity tag, or is `*`. It ignores the mark of weak tags, as RFC 9110
 * demands.
 */
export function namesTag(header: string | undefined, tag: string): boolean {
  const names = header?.match(/"[^"]*"|\*/g) ?? [];
  return names.some((name) => name === tag || name === '*');
}
