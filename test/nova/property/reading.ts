import type { SentRequest } from './wire.js';

/**
 * Returns true if the request is for a page that Nova does not have: the documentation, or the front page for clients
 * that accept HTML.
 */
export function isOwnPage({ target: address, headers }: SentRequest): boolean {
  const path = decode(address).replace(/^https?:\/\/[^/?]*/i, '');
  const acceptsHtml = headers.some(([name, value]) => /^accept$/i.test(name) && /text\/html/i.test(value));
  return /^\/+(docs|openapi\.json)/i.test(path) || (acceptsHtml && /^\/*(\?|$)/.test(path));
}

/** Returns true if the request is for an operations endpoint: metrics or health checks. */
export function isOperations({ target: address }: SentRequest): boolean {
  return /^(https?:\/\/[^/]*)?\/+(metrics|healthcheck|health\/+(live|ready))(?![\w.-])/i.test(
    decode(address),
  );
}

/** Decodes percent-encoding repeatedly, until the text no longer changes. */
export function decode(text: string): string {
  const once = text.replace(/%([0-9a-f]{2})/gi, (_match, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return once === text ? text : decode(once);
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Returns true if a JSON value is an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses a JSON object. @returns undefined if the text is not a JSON object */
export function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
