import type { OutgoingRequest, RequestSender } from './request-sender.js';
import type { ConformanceRequest } from './cases.js';

/**
 * The token of each persona (user). The personas null, `empty` and `garbage` need no entry, because they have no valid
 * token.
 */
export type Tokens = Readonly<Record<string, string>>;

/** The values of `X-Auth-Token` for the two personas that send an invalid token. */
export const TOKENLESS: ReadonlyMap<string, string> = new Map([
  ['empty', ''],
  ['garbage', 'a-token-that-nobody-knows'],
]);

/** Returns true if `tokens` contains the token of the request's persona, or if that persona has no valid token. */
export function canBeSent({ persona }: ConformanceRequest, tokens: Tokens): boolean {
  return persona === null || tokenOf(persona, tokens) !== undefined;
}

function tokenOf(persona: string, tokens: Tokens): string | undefined {
  return Object.hasOwn(tokens, persona) ? tokens[persona] : TOKENLESS.get(persona);
}

/** Returns the authentication header of a persona. The persona null sends no such header. */
export function authentication(persona: string | null, tokens: Tokens): OutgoingRequest['headers'] {
  const token = persona === null ? undefined : tokenOf(persona, tokens);
  return token === undefined ? {} : { 'X-Auth-Token': token };
}

/** Adds the token of the persona, and further headers if given, to a recorded request. */
export function outgoingRequest(
  { persona, method, path, headers: own, body }: ConformanceRequest,
  tokens: Tokens,
  more: OutgoingRequest['headers'] = {},
): OutgoingRequest {
  const headers = { ...more, ...own, ...authentication(persona, tokens) };
  const text = body === null || typeof body === 'string' ? body : JSON.stringify(body);
  return { method, path, headers, body: text ?? undefined };
}

/**
 * Sends one request before all others, so that an unreachable server causes a single error, not an error for each case.
 *
 * @throws Error if no server responds
 */
export async function checkReachable(sender: RequestSender, base: string): Promise<void> {
  try {
    await sender.send({ method: 'GET', path: '/', headers: {}, body: undefined });
  } catch (error) {
    throw new Error(`no server responds at ${base}: ${String(error)}`, { cause: error });
  }
}
