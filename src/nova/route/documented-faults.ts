import type { OpenAPIObject } from '@nestjs/swagger';
import {
  BadRequest,
  type Fault,
  faultBody,
  Forbidden,
  NotFound,
  RequestTooLarge,
  ServiceUnavailable,
  TooManyRequests,
  UnsupportedMediaType,
  UriTooLong,
} from '../fault/faults.js';
import { Microversion } from '../microversion/microversion.js';
import { notSupported } from '../microversion/negotiation.js';
import { exampleServers } from '../servers/example.js';

export type Components = Required<Pick<NonNullable<OpenAPIObject['components']>, 'schemas' | 'responses'>>;
export type Response = Exclude<Components['responses'][string], { $ref: string }>;

type ExampleFault = Pick<Fault, 'status' | 'message' | 'retryAfter'>;

const NOT_FOUND = new NotFound(`Instance ${exampleServers.documented.uuid} could not be found.`);

/** The faults that every route can return: an example of each, and the condition under which it occurs. */
const FAULTS: readonly (readonly [example: ExampleFault, when: string])[] = [
  [
    new BadRequest("Invalid input for query parameters limit. Value: x. 'x' does not match '^[0-9]*$'"),
    'The microversion, the body, the query or the project id in the URL is invalid.',
  ],
  [
    new Forbidden('os_compute_api:os-instance-actions:list'),
    'The policy does not allow the request to this caller, or the request would exceed a quota.',
  ],
  [NOT_FOUND, "The item does not exist, or its server belongs to another project than the caller's."],
  [notSupported(Microversion.of(2, 999)), 'The service does not support the microversion.'],
  [new UriTooLong(), 'The path and the query are too long.'],
  [new UnsupportedMediaType(), 'The request has a Content-Type other than JSON or plain text.'],
  [new TooManyRequests(42), 'The caller sent too many requests.'],
  [{ status: 431, message: 'The header of the request is too large.' }, 'The headers are too large.'],
  [
    new ServiceUnavailable(),
    'A database or the identity service is unreachable, or the service is overloaded.',
  ],
];

const CODE = { type: 'integer', description: 'The HTTP status.' };

const schemas: Components['schemas'] = {
  Fault: {
    title: "A fault in Nova's form",
    description: 'An object with one property. Its name is the kind of fault.',
    type: 'object',
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: CODE,
        message: { type: 'string', description: 'A human-readable description of the error.' },
        retryAfter: {
          type: 'string',
          description: 'The time to wait before a retry, in seconds. Only with 429.',
        },
      },
    },
    example: faultBody(NOT_FOUND.status, NOT_FOUND.message),
  },
  Unauthorized: {
    title: "An error in Keystone's form",
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        description: 'The error, as Keystone itself returns it.',
        required: ['code', 'title', 'message'],
        properties: {
          code: { ...CODE, example: 401 },
          title: { type: 'string', description: 'The name of the status.', example: 'Unauthorized' },
          message: {
            type: 'string',
            description: 'A human-readable description of the error.',
            example: 'The request you have made requires authentication.',
          },
        },
      },
    },
  },
};

/** The documentation of the header that says when to send the request again. */
export const RETRY_AFTER = {
  'Retry-After': { description: 'The time to wait before a retry, in seconds.', schema: { type: 'integer' } },
};

/** The documented error responses, by status. */
const responses: Readonly<Record<number, Response>> = {
  401: {
    description: 'The request has no valid token.',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Unauthorized' } } },
  },
  413: {
    description: 'The body of the request is too large.',
    content: {
      'text/plain': {
        schema: { type: 'string' },
        example: new RequestTooLarge().response({ method: 'GET', headers: {} }).body,
      },
    },
  },
  ...Object.fromEntries(FAULTS.map(([fault, when]) => [fault.status, documentedFault(fault, when)] as const)),
};

/** Returns the documentation of a fault. @param when the condition under which it occurs; by default its message */
export function documentedFault({ status, message, retryAfter }: ExampleFault, when = message): Response {
  return {
    description: when,
    ...(retryAfter === undefined ? {} : { headers: RETRY_AFTER }),
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Fault' },
        example: faultBody(status, message, retryAfter),
      },
    },
  };
}

const named = Object.entries(responses).map(
  ([status, response]) => [status, `Fault${status}`, response] as const,
);

/** The components of the OpenAPI document that describe the error responses of all routes. */
export const FAULT_COMPONENTS: Components = {
  schemas,
  responses: Object.fromEntries(named.map(([, name, response]) => [name, response])),
};

/** References to `FAULT_COMPONENTS`, by status. The documentation of every route contains them. */
export const FAULT_RESPONSES: Readonly<Record<string, { readonly $ref: string }>> = Object.fromEntries(
  named.map(([status, name]) => [status, { $ref: `#/components/responses/${name}` }]),
);
