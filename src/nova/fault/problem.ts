import { type FailedRequest, type Failure, type FailureResponse, RequestTooLarge } from './faults.js';
import type { ProblemKind } from './problem-kind.js';
import { ValidationFailed } from './validation-failed.js';

/** The media type of RFC 9457. */
export const PROBLEM_TYPE = 'application/problem+json';

/** The path below which the addresses of all kinds are. */
export const PROBLEM_PATH = '/action-log/problems/';

/** The paths whose errors are problems. Below all other paths, errors have Nova's format. */
const PATHS = '/action-log/';

const VALIDATION_FAILED: ProblemKind = { slug: 'validation-failed', title: 'The request is invalid' };

/** The kinds of the problems without a kind of their own, by status. */
const KINDS: Readonly<Record<number, ProblemKind>> = {
  400: { slug: 'bad-request', title: 'The request is invalid' },
  403: { slug: 'forbidden', title: 'The policy does not allow the request' },
  404: { slug: 'not-found', title: 'The resource does not exist' },
  405: { slug: 'method-not-allowed', title: 'The resource does not support the method' },
  406: { slug: 'not-acceptable', title: 'The service has no response of an accepted type' },
  408: { slug: 'timeout', title: 'The request took too long to arrive' },
  409: { slug: 'conflict', title: 'The state of the resource does not allow the request' },
  413: { slug: 'body-too-large', title: 'The body of the request is too large' },
  414: { slug: 'address-too-long', title: 'The address of the request is too long' },
  415: { slug: 'unsupported-media-type', title: 'The service does not read bodies of this type' },
  422: { slug: 'different-content', title: 'The request has another content than an earlier one' },
  429: { slug: 'too-many-requests', title: 'The caller sent too many requests' },
  500: { slug: 'internal-error', title: 'The service has a bug' },
  503: { slug: 'unavailable', title: 'The service is temporarily unavailable' },
};

const OTHER: ProblemKind = { slug: 'other', title: 'The request failed' };

/** Returns true if errors of requests for a path are problems. */
export function hasProblems(path: string): boolean {
  return path.startsWith(PATHS);
}

/**
 * Returns the response to a failed request in the format of RFC 9457.
 *
 * @param requestId the id that the response headers also contain
 */
export function problemOf(failure: Failure, request: FailedRequest, requestId: string): FailureResponse {
  const { status, headers } = failure.response(request);
  const { slug, title, members } = kindOf(failure, status);
  const { message, retryAfter } = failure;
  const body = {
    type: `${PROBLEM_PATH}${slug}`,
    title,
    status,
    // OpenStack's text about large bodies has an unfilled placeholder.
    detail: failure instanceof RequestTooLarge ? `${title}.` : message,
    request_id: requestId,
    ...(retryAfter !== undefined && { retry_after: retryAfter }),
    ...(failure instanceof ValidationFailed && { errors: failure.errors }),
    ...members,
  };
  return { status, type: PROBLEM_TYPE, body: JSON.stringify(body), ...(headers && { headers }) };
}

function kindOf(failure: Failure, status: number): ProblemKind {
  if (failure.problem !== undefined) return failure.problem;
  return failure instanceof ValidationFailed ? VALIDATION_FAILED : (KINDS[status] ?? OTHER);
}
