import { RequestSender } from './request-sender.js';
import type { ConformanceCase, RecordedAnswer } from './cases.js';
import { compareAnswers } from './compare.js';
import type { Addresses, ReceivedAnswer } from './compare.js';
import type { ReplayReport, Tally } from './report.js';
import { canBeSent, checkReachable, outgoingRequest, type Tokens } from './requests.js';

export { formatReport, printReport } from './report.js';

/** The options of a replay. */
export interface ReplayOptions {
  readonly baseUrl: string;
  readonly tokens: Tokens;
  /** The URL of Keystone. If it is given, the header `www-authenticate` is compared too. */
  readonly keystoneUrl?: string | undefined;
  /** The cases for which a difference is accepted: the id of a case, and the reason. */
  readonly knownDifferences?: ReadonlyMap<string, string> | undefined;
  /** Headers that are sent with every request, in addition to the recorded ones. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

const CONNECTIONS = 16;

/**
 * Sends the recorded requests and compares the responses with the recorded answers.
 *
 * @throws Error if the server is unreachable or a token is missing
 */
export async function replay(
  cases: readonly ConformanceCase[],
  options: ReplayOptions,
): Promise<ReplayReport> {
  const addresses = addressesOf(options);
  const lacking = cases.find((one) => !canBeSent(one, options.tokens));
  if (lacking) throw new Error(`no token is given for ${lacking.persona ?? 'a caller without a token'}`);
  const sender = new RequestSender(options.baseUrl, CONNECTIONS);
  const results = new Map<ConformanceCase, readonly string[]>();
  const waiting = cases.values();
  const work = async (): Promise<void> => {
    // All workers take their cases from this iterator, so each case is sent only once.
    for (const one of waiting) {
      const send = (): Promise<ReceivedAnswer> =>
        sender.send(outgoingRequest(one, options.tokens, options.headers));
      results.set(one, await differencesOf(one.answer, send, addresses));
    }
  };
  try {
    await checkReachable(sender, addresses.base);
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
  } finally {
    sender.close();
  }
  return tally(cases, results, options.knownDifferences ?? new Map());
}

/** Returns the URLs that replace the placeholders of the recordings. */
export function addressesOf({ baseUrl, keystoneUrl }: ReplayOptions): Addresses {
  return { base: baseUrl.replace(/\/+$/, ''), keystone: keystoneUrl?.replace(/\/+$/, '') };
}

/** Sends a request. @returns one sentence for each difference from the recorded answer */
export async function differencesOf(
  recorded: RecordedAnswer,
  send: () => Promise<ReceivedAnswer>,
  addresses: Addresses,
): Promise<readonly string[]> {
  let received: ReceivedAnswer;
  try {
    received = await send();
  } catch (error) {
    return [`no response: ${String(error)}`];
  }
  const found = compareAnswers(recorded, received, addresses);
  // If the status is unexpected, the response body usually says why.
  const why = recorded.status !== received.status && received.body !== '';
  return why ? [...found, `the body received begins ${JSON.stringify(received.body.slice(0, 300))}`] : found;
}

/** Counts the cases by group. @param results one sentence for each difference of a case */
export function tally(
  cases: readonly ConformanceCase[],
  results: ReadonlyMap<ConformanceCase, readonly string[]>,
  knownDifferences: ReadonlyMap<string, string>,
): ReplayReport {
  const groups = new Map<string, Tally>();
  const outdated: string[] = [];
  const total = emptyTally();
  for (const one of cases) {
    const group = groups.get(one.group) ?? emptyTally();
    groups.set(one.group, group);
    const found = results.get(one) ?? [];
    const reason = knownDifferences.get(one.id);
    if (found.length === 0 && reason !== undefined) outdated.push(one.id);
    for (const target of [group, total]) {
      target.total += 1;
      const difference = { id: one.id, group: one.group, text: describe(one, found) };
      if (found.length === 0) target.same += 1;
      else if (reason === undefined) target.different.push(difference);
      else target.known.push({ ...difference, reason });
    }
  }
  return { ...total, groups, outdated };
}

function emptyTally(): Tally {
  return { total: 0, same: 0, different: [], known: [] };
}

function describe(
  { id, group, persona, method, path, headers }: ConformanceCase,
  found: readonly string[],
): string {
  const sent = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const who = persona === null ? 'without a token' : `as ${persona}`;
  const withHeaders = sent.length > 0 ? ` with ${sent.join(', ')}` : '';
  return `${id} (${group}): ${method} ${path} ${who}${withHeaders}: ${found.join('; ')}.`;
}
