import type { SentRequest } from './wire.js';

/**
 * True for the service's own pages, which Nova does not have: the documentation, and the front page for clients that
 * accept HTML.
 */
export function isOwnPage({ target: address, headers }: SentRequest): boolean {
  const path = decode(address).replace(/^https?:\/\/[^/?]*/i, '');
  const acceptsHtml = headers.some(([name, value]) => /^accept$/i.test(name) && /text\/html/i.test(value));
  return /^\/+(docs|openapi\.json)/i.test(path) || (acceptsHtml && /^\/*(\?|$)/.test(path));
}

/** True for the operations endpoints: metrics and health checks. */
export function isOperations({ target: address }: SentRequest): boolean {
  return /^(https?:\/\/[^/]*)?\/+(metrics|healthcheck|health\/+(live|ready))(?![\w.-])/i.test(
    decode(address),
  );
}

/** Decodes percent-encoding repeatedly, until nothing changes. */
export function decode(text: string): string {
  const once = text.replace(/%([0-9a-f]{2})/gi, (_match, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return once === text ? text : decode(once);
}

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Returns true if a JSON value is an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses a JSON object. @returns undefined if the text is not one */
export function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
