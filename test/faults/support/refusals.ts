import type { ReceivedAnswer } from '../../conformance/compare.js';

/** Returns true if a response is a defined error that the service may return instead of the recorded answer. */
export type Refusal = (answer: ReceivedAnswer, method: string) => boolean;

const UNAVAILABLE = JSON.stringify({
  serviceUnavailable: {
    code: 503,
    message: 'The service is temporarily unable to answer. Please try again later.',
  },
});

const UNAUTHORIZED = JSON.stringify({
  error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' },
});

/** Accepts the 503 of an unreachable or slow database. */
export const storeUnavailable: Refusal = (answer, method) =>
  answer.status === 503 &&
  hasBody(answer, method, UNAVAILABLE) &&
  answer.headers.get('content-type') === 'application/json; charset=UTF-8' &&
  hasRetryAfter(answer);

/** Accepts the 503 of an unreachable or slow Keystone. */
export const keystoneUnavailable: Refusal = (answer, method) =>
  answer.status === 503 &&
  (method === 'HEAD' || answer.body.includes('The Keystone service is temporarily unavailable.')) &&
  answer.body.length < 500 &&
  hasRetryAfter(answer);

/** Accepts the 401 for an invalid token. */
export const unauthenticated: Refusal = (answer, method) =>
  answer.status === 401 && hasBody(answer, method, UNAUTHORIZED) && hasRequestId(answer);

function hasBody({ body }: ReceivedAnswer, method: string, expected: string): boolean {
  return body === (method === 'HEAD' ? '' : expected);
}

function hasRetryAfter(answer: ReceivedAnswer): boolean {
  return /^[1-9]\d*$/.test(answer.headers.get('retry-after') ?? '') && hasRequestId(answer);
}

/** Returns true if the headers contain a request id, and no detail of the database. */
function hasRequestId({ headers }: ReceivedAnswer): boolean {
  const id = headers.get('x-openstack-request-id') ?? '';
  return /^req-[0-9a-f-]{36}$/.test(id) && !/tester|mysql|maria|sqlite/i.test([...headers.values()].join());
}
