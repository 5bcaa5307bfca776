import type { Json, RecordedAnswer } from '../../conformance/cases.js';
import { compareAnswers, type ReceivedAnswer } from '../../conformance/compare.js';

/** The headers that are compared: those that clients read. */
const COMPARED_HEADERS = [
  'content-type',
  'location',
  'openstack-api-version',
  'retry-after',
  'vary',
  'www-authenticate',
  'x-compute-request-id',
  'x-openstack-nova-api-version',
  'x-openstack-request-id',
];

const REQUEST_ID = /^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The text that replaces each valid request id, because two servers never return the same id. */
export const REQUEST_ID_PLACEHOLDER = '{request id}';

/**
 * Returns a response with only the compared headers. `{base}` replaces the server's URL, and a placeholder replaces
 * each valid request id.
 */
export function comparableAnswer(answer: ReceivedAnswer, base: string): ReceivedAnswer {
  const headers = [...answer.headers]
    .filter(([name]) => COMPARED_HEADERS.includes(name))
    .map(([name, value]): [string, string] => [
      name,
      name.endsWith('request-id') && REQUEST_ID.test(value) ? REQUEST_ID_PLACEHOLDER : value,
    ]);
  return {
    status: answer.status,
    headers: new Map(headers.map(([name, value]) => [name, value.replaceAll(base, '{base}')])),
    body: answer.body.replaceAll(base, '{base}'),
  };
}

/**
 * Converts a response to the format of a recorded answer, so that the response of another server can be compared with
 * it.
 */
export function toRecordedAnswer({ status, headers, body }: ReceivedAnswer): RecordedAnswer {
  const isJson = body !== '' && (headers.get('content-type')?.startsWith('application/json') ?? false);
  return { status, headers: Object.fromEntries(headers), body: isJson ? (JSON.parse(body) as Json) : body };
}

/** Returns one sentence for each difference. If only one of the responses has a header, this is a difference too. */
export function differencesOf(expected: RecordedAnswer, received: ReceivedAnswer): string[] {
  // Both responses already contain placeholders, so the URLs given here are the placeholders themselves.
  const found = compareAnswers(expected, received, { base: '{base}', keystone: '{keystone}' });
  for (const [name, value] of received.headers) {
    const text = `header ${name}: expected none`;
    if (expected.headers[name] === undefined && !found.some((sentence) => sentence.startsWith(text))) {
      found.push(`${text}, got ${JSON.stringify(value)}`);
    }
  }
  return found;
}
