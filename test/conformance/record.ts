import { Asker } from './ask.js';
import type { ConformanceCase, ConformanceRequest, Json, RecordedAnswer } from './cases.js';
import type { ReceivedAnswer } from './compare.js';
import { isObject, kept } from './digest.js';
import { questionOf, reach, type Tokens } from './requests.js';

/** Whom to ask, and as whom. */
export interface RecordOptions {
  readonly baseUrl: string;
  readonly tokens: Tokens;
  /** Hears after each answer how many there are. */
  readonly progress?: (answered: number) => void;
}

/** What an answer is held to; all else is of the moment, or of the web server. */
const KEPT_HEADERS = [
  'content-type',
  'openstack-api-version',
  'x-openstack-nova-api-version',
  'vary',
  'www-authenticate',
];

/**
 * Asks one request after the other, for one may change what the next one finds.
 *
 * @throws Error when one gets no answer: half a recording would be taken for a whole one
 */
export async function record(
  requests: readonly ConformanceRequest[],
  { baseUrl, tokens, progress }: RecordOptions,
): Promise<ConformanceCase[]> {
  const base = baseUrl.replace(/\/+$/, '');
  const asker = new Asker(base, 1);
  const recorded: ConformanceCase[] = [];
  try {
    await reach(asker, base);
    for (const request of requests) {
      const received = await answerTo(request, asker, tokens);
      recorded.push({ ...request, answer: asRecording(received, base) });
      progress?.(recorded.length);
    }
  } finally {
    asker.close();
  }
  return recorded;
}

async function answerTo(request: ConformanceRequest, asker: Asker, tokens: Tokens): Promise<ReceivedAnswer> {
  try {
    return await asker.ask(questionOf(request, tokens));
  } catch (error) {
    throw new Error(`${request.id}: no answer: ${String(error)}`, { cause: error });
  }
}

/** An answer in the form of README.md: without what differs from one moment or one machine to another. */
export function asRecording({ status, headers, body }: ReceivedAnswer, base: string): RecordedAnswer {
  const withBase = (text: string): string => text.replaceAll(base, '{base}');
  const kind = headers.get('content-type') ?? '';
  const parsed = kind.startsWith('application/json') ? parsedJson(body) : undefined;
  return {
    status,
    headers: Object.fromEntries(
      [...headers]
        .filter(([name]) => KEPT_HEADERS.includes(name))
        .map(([name, value]) => [name, withBase(name === 'www-authenticate' ? withKeystone(value) : value)]),
    ),
    body: parsed === undefined ? withBase(body) : kept(JSON.parse(withBase(JSON.stringify(parsed))) as Json),
  };
}

/** The one address in that header is Keystone's. */
function withKeystone(challenge: string): string {
  return challenge.replace(/\buri=(["'])[^"']*?(\/?)\1/, 'uri=$1{keystone}$2$1');
}

/** An object; undefined for what is none and is kept as text, as the body of an answer to HEAD. */
function parsedJson(text: string): Json | undefined {
  try {
    const parsed = JSON.parse(text) as Json;
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
