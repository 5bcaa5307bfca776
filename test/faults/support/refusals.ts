import type { ReceivedAnswer } from '../../conformance/compare.js';

/** Whether an answer is one that the service is allowed to give instead of the right one, to the last byte. */
export type Refusal = (answer: ReceivedAnswer, method: string) => boolean;

const AWAY = JSON.stringify({
  serviceUnavailable: {
    code: 503,
    message: 'The service is temporarily unable to answer. Please try again later.',
  },
});

const UNKNOWN_CALLER = JSON.stringify({
  error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' },
});

/** The store gives no answer. */
export const storeUnavailable: Refusal = (answer, method) =>
  answer.status === 503 &&
  isWhole(answer, method, AWAY) &&
  answer.headers.get('content-type') === 'application/json; charset=UTF-8' &&
  saysWhenToRetry(answer);

/** The refusal while Keystone is unreachable. */
export const keystoneUnavailable: Refusal = (answer, method) =>
  answer.status === 503 &&
  (method === 'HEAD' || answer.body.includes('The Keystone service is temporarily unavailable.')) &&
  answer.body.length < 500 &&
  saysWhenToRetry(answer);

/** The caller's token is taken for none. */
export const unauthenticated: Refusal = (answer, method) =>
  answer.status === 401 && isWhole(answer, method, UNKNOWN_CALLER) && isIdentified(answer);

function isWhole({ body }: ReceivedAnswer, method: string, expected: string): boolean {
  return body === (method === 'HEAD' ? '' : expected);
}

function saysWhenToRetry(answer: ReceivedAnswer): boolean {
  return /^[1-9]\d*$/.test(answer.headers.get('retry-after') ?? '') && isIdentified(answer);
}

/** With a request id, and without a word of what is behind the service. */
function isIdentified({ headers }: ReceivedAnswer): boolean {
  const id = headers.get('x-openstack-request-id') ?? '';
  return /^req-[0-9a-f-]{36}$/.test(id) && !/tester|mysql|maria|sqlite/i.test([...headers.values()].join());
}
