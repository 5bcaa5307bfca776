import { RequestSender } from './request-sender.js';
import type { ConformanceCase, ConformanceRequest, Json, RecordedAnswer } from './cases.js';
import type { ReceivedAnswer } from './compare.js';
import { asRecordedBody, isObject } from './digest.js';
import { checkReachable, outgoingRequest, type Tokens } from './requests.js';

/** The options of a recording. */
export interface RecordOptions {
  readonly baseUrl: string;
  readonly tokens: Tokens;
  /** A function that is called after each response, with the number of responses so far. */
  readonly progress?: (answered: number) => void;
}

/**
 * The headers that are recorded and compared. The values of other headers change over time, or come from the web server
 * in front of Nova.
 */
const RECORDED_HEADERS = [
  'content-type',
  'openstack-api-version',
  'x-openstack-nova-api-version',
  'vary',
  'www-authenticate',
];

/**
 * Sends the requests one at a time, because a request may change data that the next request reads.
 *
 * @throws Error if a request gets no response, because an incomplete recording could be mistaken for a complete one
 */
export async function record(
  requests: readonly ConformanceRequest[],
  { baseUrl, tokens, progress }: RecordOptions,
): Promise<ConformanceCase[]> {
  const base = baseUrl.replace(/\/+$/, '');
  const sender = new RequestSender(base, 1);
  const recorded: ConformanceCase[] = [];
  try {
    await checkReachable(sender, base);
    for (const request of requests) {
      const received = await responseTo(request, sender, tokens);
      recorded.push({ ...request, answer: asRecording(received, base) });
      progress?.(recorded.length);
    }
  } finally {
    sender.close();
  }
  return recorded;
}

async function responseTo(
  request: ConformanceRequest,
  sender: RequestSender,
  tokens: Tokens,
): Promise<ReceivedAnswer> {
  try {
    return await sender.send(outgoingRequest(request, tokens));
  } catch (error) {
    throw new Error(`${request.id}: no response: ${String(error)}`, { cause: error });
  }
}

/**
 * Returns a response in the format that the README in this folder describes, without values that depend on the time or
 * the machine.
 */
export function asRecording({ status, headers, body }: ReceivedAnswer, base: string): RecordedAnswer {
  const withBase = (text: string): string => text.replaceAll(base, '{base}');
  const kind = headers.get('content-type') ?? '';
  const parsed = kind.startsWith('application/json') ? parsedJson(body) : undefined;
  return {
    status,
    headers: Object.fromEntries(
      [...headers]
        .filter(([name]) => RECORDED_HEADERS.includes(name))
        .map(([name, value]) => [name, withBase(name === 'www-authenticate' ? withKeystone(value) : value)]),
    ),
    body:
      parsed === undefined
        ? withBase(body)
        : asRecordedBody(JSON.parse(withBase(JSON.stringify(parsed))) as Json),
  };
}

/** Replaces the URL of Keystone in a `www-authenticate` header with its placeholder. */
function withKeystone(challenge: string): string {
  return challenge.replace(/\buri=(["'])[^"']*?(\/?)\1/, 'uri=$1{keystone}$2$1');
}

/**
 * Parses a JSON object. Returns undefined for any other text, such as the empty body of a HEAD response. Such a body is
 * recorded as text.
 */
function parsedJson(text: string): Json | undefined {
  try {
    const parsed = JSON.parse(text) as Json;
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
