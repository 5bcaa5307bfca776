import type { OutgoingRequest, RequestSender } from './request-sender.js';
import type { ConformanceRequest } from './cases.js';

/**
 * The tokens of the users of the recorded requests, by the name of the user. The names `empty` and `garbage` need no
 * entry, because they have no valid token.
 */
export type Tokens = Readonly<Record<string, string>>;

/** The values of `X-Auth-Token` for the names `empty` and `garbage`, which have no valid token. */
export const TOKENLESS: ReadonlyMap<string, string> = new Map([
  ['empty', ''],
  ['garbage', 'a-token-that-nobody-knows'],
]);

/** Returns true if `tokens` contains the token of the request's user, or if this user has no valid token. */
export function canBeSent({ persona }: Pick<ConformanceRequest, 'persona'>, tokens: Tokens): boolean {
  return persona === null || tokenOf(persona, tokens) !== undefined;
}

function tokenOf(persona: string, tokens: Tokens): string | undefined {
  return Object.hasOwn(tokens, persona) ? tokens[persona] : TOKENLESS.get(persona);
}

/** Returns the header with a user's token. For a request without a token (null), returns no header. */
export function authentication(persona: string | null, tokens: Tokens): OutgoingRequest['headers'] {
  const token = persona === null ? undefined : tokenOf(persona, tokens);
  return token === undefined ? {} : { 'X-Auth-Token': token };
}

/** Adds the user's token, and further headers if given, to a recorded request. */
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
 * Sends one request before all others. So an unreachable server causes a single error, not an error for each case.
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
