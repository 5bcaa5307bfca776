import type { Json, RecordedAnswer } from '../../conformance/cases.js';
import { compareAnswers, type ReceivedAnswer } from '../../conformance/compare.js';

/** Headers that clients read. */
const COMPARED = [
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

/** Of the request ids of two servers only the form can be alike. */
const REQUEST_ID = /^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const REQUEST_ID_PLACEHOLDER = '{request id}';

/** An answer in which only what every server says alike is left, and `{base}` stands for the server's address. */
export function comparableAnswer(answer: ReceivedAnswer, base: string): ReceivedAnswer {
  const headers = [...answer.headers]
    .filter(([name]) => COMPARED.includes(name))
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

/** The answer of one server as a recording to which another server's may be held. */
export function toRecordedAnswer({ status, headers, body }: ReceivedAnswer): RecordedAnswer {
  const isJson = body !== '' && (headers.get('content-type')?.startsWith('application/json') ?? false);
  return { status, headers: Object.fromEntries(headers), body: isJson ? (JSON.parse(body) as Json) : body };
}

/** What differs in the answer of another server, one sentence each; header by header both ways. */
export function differencesOf(expected: RecordedAnswer, received: ReceivedAnswer): string[] {
  // The placeholders stay, and stand for the addresses on both sides.
  const found = compareAnswers(expected, received, { base: '{base}', keystone: '{keystone}' });
  for (const [name, value] of received.headers) {
    const text = `header ${name}: expected none`;
    if (expected.headers[name] === undefined && !found.some((sentence) => sentence.startsWith(text))) {
      found.push(`${text}, got ${JSON.stringify(value)}`);
    }
  }
  return found;
}
