import { groupBy } from '../../common/group-by.js';
import {
  Failure,
  Forbidden,
  NotFound,
  RequestTooLarge,
  ServiceUnavailable,
  TooManyRequests,
  UnsupportedMediaType,
  UriTooLong,
} from '../fault/faults.js';
import { PROBLEM_PATH, PROBLEM_TYPE, problemOf } from '../fault/problem.js';
import { ValidationFailed } from '../fault/validation-failed.js';
import { INTEGER, type SchemaObject } from '../schema/fields.js';
import { type Components, FAULT_RESPONSES, type Response, RETRY_AFTER } from './documented-faults.js';

/** The problems that every route of the log can return: an example of each, and the condition under which it occurs. */
const PROBLEMS: readonly (readonly [example: Failure, when: string])[] = [
  [
    new ValidationFailed([{ parameter: 'limit', detail: "'x' is not a positive integer" }]),
    'The query or the body is invalid. `errors` names each problem.',
  ],
  [new Forbidden('action_log:actions:list'), 'The policy does not allow the request to this caller.'],
  [
    new NotFound('The action 4503599627370497 could not be found.'),
    'The item does not exist, or is hidden from the caller.',
  ],
  [new RequestTooLarge(), 'The body of the request is too large.'],
  [new UriTooLong(), 'The path and the query are too long.'],
  [new UnsupportedMediaType(), 'The request has a Content-Type that the service does not read.'],
  [new TooManyRequests(42), 'The caller sent too many requests.'],
  [
    new ServiceUnavailable(),
    'A database or the identity service is unreachable, or the service is overloaded.',
  ],
];

/** The statuses whose responses have no problem: Keystone's middleware and the HTTP parser send them. */
const OTHERS = ['401', '431'];

const PROBLEM: SchemaObject = {
  title: 'A problem (RFC 9457)',
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'request_id'],
  properties: {
    type: {
      type: 'string',
      format: 'uri-reference',
      description: `The kind of problem, below \`${PROBLEM_PATH}\`.`,
    },
    title: { type: 'string', description: 'A human-readable description of the kind.' },
    status: { ...INTEGER, description: 'The HTTP status.' },
    detail: { type: 'string', description: 'A human-readable description of the problem.' },
    request_id: {
      type: 'string',
      description: 'The id of the request, which is also in the log of the service.',
    },
    line: { ...INTEGER, description: 'The number of the invalid line in a body of lines, from 1.' },
    kept_lines: { ...INTEGER, description: 'The number of the last line of an import that the log keeps.' },
    next_line: { ...INTEGER, description: 'The number of the line with which an import must continue.' },
    retry_after: { ...INTEGER, description: 'The time to wait before a retry, in seconds.' },
    errors: {
      type: 'array',
      description: 'All problems of an invalid request, at most 100.',
      items: {
        type: 'object',
        required: ['detail'],
        properties: {
          parameter: { type: 'string', description: 'The name of a query parameter.' },
          header: { type: 'string', description: 'The name of a request header.' },
          pointer: { type: 'string', description: 'The JSON pointer of a value in the body.' },
          detail: { type: 'string', description: 'A human-readable description of the problem.' },
        },
      },
    },
  },
};

const REQUEST = { method: 'GET', headers: {} };
const REQUEST_ID = 'req-5f0c1a3e-8a57-4f0e-9d3b-2f6f3c1d7e90';

/** Returns the documentation of a problem. @param when the condition under which it occurs; by default its message */
export function documentedProblem(failure: Failure, when = failure.message): Response {
  return {
    description: when,
    ...(failure.retryAfter !== undefined && { headers: RETRY_AFTER }),
    content: {
      [PROBLEM_TYPE]: {
        schema: { $ref: '#/components/schemas/Problem' },
        example: JSON.parse(problemOf(failure, REQUEST, REQUEST_ID).body) as unknown,
      },
    },
  };
}

/**
 * Returns the documentation of the problems of one route, one response for each status. It includes the problem that
 * every route has with this status.
 */
export function documentedProblems(failures: readonly Failure[]): (Response & { readonly status: number })[] {
  return [...groupBy(failures, statusOf)].map(([status, own]) => {
    const shared = PROBLEMS.filter(([failure]) => statusOf(failure) === status);
    const all = [...shared, ...own.map((failure) => [failure, failure.message] as const)];
    const examples = all.map(([failure]) => {
      const value = JSON.parse(problemOf(failure, REQUEST, REQUEST_ID).body) as {
        title: string;
        type: string;
      };
      return [value.type.slice(PROBLEM_PATH.length), { summary: value.title, value }] as const;
    });
    return {
      status,
      description: all.map(([, when]) => when).join(' '),
      ...(all.some(([{ retryAfter }]) => retryAfter !== undefined) && { headers: RETRY_AFTER }),
      content: {
        [PROBLEM_TYPE]: {
          schema: { $ref: '#/components/schemas/Problem' },
          examples: Object.fromEntries(examples),
        },
      },
    };
  });
}

function statusOf(failure: Failure): number {
  return failure.response(REQUEST).status;
}

const named = PROBLEMS.map(([failure, when]) => {
  const status = String(statusOf(failure));
  return [status, `Problem${status}`, documentedProblem(failure, when)] as const;
});

/** The components of the OpenAPI document that describe the problems of all routes of the log. */
export const PROBLEM_COMPONENTS: Components = {
  schemas: { Problem: PROBLEM },
  responses: Object.fromEntries(named.map(([, name, response]) => [name, response])),
};

/** References to the components, by status. The documentation of every route of the log contains them. */
export const PROBLEM_RESPONSES: Readonly<Record<string, { readonly $ref: string }>> = {
  ...Object.fromEntries(Object.entries(FAULT_RESPONSES).filter(([status]) => OTHERS.includes(status))),
  ...Object.fromEntries(named.map(([status, name]) => [status, { $ref: `#/components/responses/${name}` }])),
};
