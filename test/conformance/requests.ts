import type { Asker, Question } from './ask.js';
import type { ConformanceRequest } from './cases.js';

/** Persona → token. Those without a token, with an empty and with an unknown one need none. */
export type Tokens = Readonly<Record<string, string>>;

/** What callers send who have no token that anybody knows. */
export const TOKENLESS: ReadonlyMap<string, string> = new Map([
  ['empty', ''],
  ['garbage', 'a-token-that-nobody-knows'],
]);

/** Whether a case can be sent with these tokens. */
export function canBeAsked({ persona }: ConformanceRequest, tokens: Tokens): boolean {
  return persona === null || tokenOf(persona, tokens) !== undefined;
}

function tokenOf(persona: string, tokens: Tokens): string | undefined {
  return Object.hasOwn(tokens, persona) ? tokens[persona] : TOKENLESS.get(persona);
}

/** How a persona says who it is. */
export function authentication(persona: string | null, tokens: Tokens): Question['headers'] {
  const token = persona === null ? undefined : tokenOf(persona, tokens);
  return token === undefined ? {} : { 'X-Auth-Token': token };
}

/** A case as it goes out: with the persona's token, and with headers besides its own if they are given. */
export function questionOf(
  { persona, method, path, headers: own, body }: ConformanceRequest,
  tokens: Tokens,
  besides: Question['headers'] = {},
): Question {
  const headers = { ...besides, ...own, ...authentication(persona, tokens) };
  const text = body === null || typeof body === 'string' ? body : JSON.stringify(body);
  return { method, path, headers, body: text ?? undefined };
}

/**
 * One failure that says it all, instead of as many as there are cases.
 *
 * @throws Error where nothing answers
 */
export async function reach(asker: Asker, base: string): Promise<void> {
  try {
    await asker.ask({ method: 'GET', path: '/', headers: {}, body: undefined });
  } catch (error) {
    throw new Error(`nothing answers at ${base}: ${String(error)}`, { cause: error });
  }
}
