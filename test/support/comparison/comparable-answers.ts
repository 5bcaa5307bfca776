import type { Json, RecordedAnswer } from '../../conformance/cases.js';
import { compareAnswers, type ReceivedAnswer } from '../../conformance/compare.js';

/** The headers that clients read. */
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

/** The placeholder for each valid request id: two servers never give the same id. */
export const REQUEST_ID_PLACEHOLDER = '{request id}';

/** Returns an answer with the compared headers only, and with `{base}` in place of the server's address. */
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

/** Converts an answer to a recorded answer, so that the answer of another server can be compared with it. */
export function toRecordedAnswer({ status, headers, body }: ReceivedAnswer): RecordedAnswer {
  const isJson = body !== '' && (headers.get('content-type')?.startsWith('application/json') ?? false);
  return { status, headers: Object.fromEntries(headers), body: isJson ? (JSON.parse(body) as Json) : body };
}

/** Returns the differences, one sentence each. A header that only one of the two answers has is a difference. */
export function differencesOf(expected: RecordedAnswer, received: ReceivedAnswer): string[] {
  // Both answers already contain placeholders instead of addresses: no address needs to be replaced here.
  const found = compareAnswers(expected, received, { base: '{base}', keystone: '{keystone}' });
  for (const [name, value] of received.headers) {
    const text = `header ${name}: expected none`;
    if (expected.headers[name] === undefined && !found.some((sentence) => sentence.startsWith(text))) {
      found.push(`${text}, got ${JSON.stringify(value)}`);
    }
  }
  return found;
}
