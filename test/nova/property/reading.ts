import type { SentRequest } from './wire.js';

/** The service's own pages, which are not Nova's: the documentation, and the front page for clients that accept HTML. */
export function isOwnPage({ target: address, headers }: SentRequest): boolean {
  const path = decode(address).replace(/^https?:\/\/[^/?]*/i, '');
  const acceptsHtml = headers.some(([name, value]) => /^accept$/i.test(name) && /text\/html/i.test(value));
  return /^\/+(docs|openapi\.json)/i.test(path) || (acceptsHtml && /^\/*(\?|$)/.test(path));
}

/** The pages on which operators' programs read how the service is. */
export function isOperations({ target: address }: SentRequest): boolean {
  return /^(https?:\/\/[^/]*)?\/+(metrics|healthcheck|health\/+(live|ready))(?![\w.-])/i.test(
    decode(address),
  );
}

/** With percent-encoding undone, as often as it may have been done. */
export function decode(text: string): string {
  const once = text.replace(/%([0-9a-f]{2})/gi, (_match, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return once === text ? text : decode(once);
}

/** An object of JSON, whatever is in it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value of JSON is an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object that a text is the JSON of, if it is. */
export function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
