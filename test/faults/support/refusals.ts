import type { ReceivedAnswer } from '../../conformance/compare.js';

/** A function that returns true if a response is one of the errors that the service may return because of a fault. */
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

/** Returns true for the 503 that the service returns if its database is unreachable or slow. */
export const storeUnavailable: Refusal = (answer, method) =>
  answer.status === 503 &&
  hasBody(answer, method, UNAVAILABLE) &&
  answer.headers.get('content-type') === 'application/json; charset=UTF-8' &&
  hasRetryAfter(answer);

/** Returns true for the 503 that the service returns if Keystone is unreachable or slow. */
export const keystoneUnavailable: Refusal = (answer, method) =>
  answer.status === 503 &&
  (method === 'HEAD' || answer.body.includes('The Keystone service is temporarily unavailable.')) &&
  answer.body.length < 500 &&
  hasRetryAfter(answer);

/** Returns true for the 401 that the service returns if the token is invalid. */
export const unauthenticated: Refusal = (answer, method) =>
  answer.status === 401 && hasBody(answer, method, UNAUTHORIZED) && hasRequestId(answer);

function hasBody({ body }: ReceivedAnswer, method: string, expected: string): boolean {
  return body === (method === 'HEAD' ? '' : expected);
}

function hasRetryAfter(answer: ReceivedAnswer): boolean {
  return /^[1-9]\d*$/.test(answer.headers.get('retry-after') ?? '') && hasRequestId(answer);
}

/** Returns true if the headers contain a request id and reveal nothing about the database. */
function hasRequestId({ headers }: ReceivedAnswer): boolean {
  const id = headers.get('x-openstack-request-id') ?? '';
  return /^req-[0-9a-f-]{36}$/.test(id) && !/tester|mysql|maria|sqlite/i.test([...headers.values()].join());
}
