import { type PlainText, renderPlainText } from './plain-body.js';
import type { ProblemKind } from './problem-kind.js';

/** The parts of a request that the response to a failure depends on. */
export interface FailedRequest {
  readonly method: string;
  readonly headers: { readonly accept?: string | undefined };
}

/** The response to a request that failed. */
export interface FailureResponse {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error that defines its response. Its cause is logged, but never sent. */
export abstract class Failure extends Error {
  /** The seconds after which the client may retry. */
  readonly retryAfter?: number | undefined;
  /**
   * True if Nova itself sends this response, with microversion headers. False for other responses, such as those of
   * OpenStack's middleware, through which requests pass before they reach Nova.
   */
  readonly isNovaResponse: boolean = false;
  /** True if the failure reaches OpenStack's CORS layer, which then replaces the response to an OPTIONS request. */
  readonly isSeenByCors: boolean = true;
  /** By default, the status decides the kind. */
  readonly problem?: ProblemKind;

  abstract response(request: FailedRequest): FailureResponse;
}

/** A failure in Nova's format: `{"<name>": {"code": <status>, "message": <message>}}`. */
export abstract class Fault extends Failure {
  abstract readonly status: number;
  override readonly isNovaResponse = true;

  response(): FailureResponse {
    const { status, message, retryAfter } = this;
    const body = JSON.stringify(faultBody(status, message, retryAfter));
    return { status, type: 'application/json; charset=UTF-8', body };
  }
}

/** A fault without its own class, because no code needs to distinguish it from other faults. */
export class OtherFault extends Fault {
  constructor(
    override readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The request is invalid. */
export class BadRequest extends Fault {
  override readonly status = 400;
}

/**
 * The request is ambiguous: a proxy in front of this service could parse it differently, for example with another end
 * of the body.
 */
export class AmbiguousRequest extends BadRequest {
  override readonly isSeenByCors = false;
}

/** The policy does not allow the caller to send the request. */
export class Forbidden extends Fault {
  override readonly status = 403;

  constructor(policy: string) {
    super(`Policy doesn't allow ${policy} to be performed.`);
  }
}

/** The resource does not exist, or is hidden from the caller. */
export class NotFound extends Fault {
  override readonly status = 404;
}

/** The resource exists, but does not support the method. */
export class MethodNotAllowed extends Fault {
  override readonly status = 405;

  constructor(private readonly methods: readonly string[]) {
    super(`The resource only supports ${methods.join(', ')}.`);
  }

  override response(): FailureResponse {
    return { ...super.response(), headers: { Allow: this.methods.join(', ') } };
  }
}

/** The service does not support the microversion, or has no response of a type that the client accepts. */
export class NotAcceptable extends Fault {
  override readonly status = 406;
}

/** The state of the resource does not allow the request. */
export class Conflict extends Fault {
  override readonly status = 409;
}

/** The request would exceed a limit. */
export class OverLimit extends Fault {
  override readonly status = 413;
}

/** The server's virtualization driver, or this deployment, does not support the request. */
export class NotImplemented extends Fault {
  override readonly status = 501;
}

/** Nova does not read bodies of this Content-Type. */
export class UnsupportedMediaType extends Fault {
  override readonly status = 415;

  constructor(message = 'Unsupported Content-Type') {
    super(message);
  }
}

/** A database that the response needs is unreachable, or the service is overloaded. */
export class ServiceUnavailable extends Fault {
  override readonly status = 503;
  override readonly retryAfter = 5;

  constructor() {
    super('The service is temporarily unable to answer. Please try again later.');
  }
}

/** The path and the query are too long. */
export class UriTooLong extends Fault {
  override readonly status = 414;

  constructor() {
    super('The address of the request is too long.');
  }
}

/** The caller sent too many requests. */
export class TooManyRequests extends Fault {
  override readonly status = 429;

  constructor(override readonly retryAfter: number) {
    super('This request was rate-limited.');
  }
}

/**
 * nova-api, to which the service passed the request, sent no complete response:
 * - 502: it closed the connection.
 * - 503: it is unreachable, or this service has no free connection to it.
 * - 504: it did not respond in time.
 * - 508: its address leads back to this service.
 */
export class UpstreamFailure extends Fault {
  /** OpenStack's CORS layer is then in nova-api, which has sent no complete response. */
  override readonly isSeenByCors = false;

  /** @param cause the error to log; undefined if it has already been logged */
  constructor(
    override readonly status: 502 | 503 | 504 | 508,
    message: string,
    cause?: Error,
    override readonly retryAfter = status === 503 ? 5 : undefined,
  ) {
    super(message, { cause });
  }
}

/** The names of Nova's faults, by status. Every other status has the name `computeFault`. */
const FAULT_NAMES: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
};

/** The statuses whose body repeats the `Retry-After` header. */
const RETRY_AFTER_IN_BODY = new Set([413, 429]);

/** Returns the body that Nova sends for a fault. @param retryAfter the seconds after which the client may retry */
export function faultBody(status: number, message: string, retryAfter?: number): object {
  const retry = retryAfter !== undefined &&
    RETRY_AFTER_IN_BODY.has(status) && { retryAfter: String(retryAfter) };
  return { [FAULT_NAMES[status] ?? 'computeFault']: { code: status, message, ...retry } };
}

/** A failure in the format of WebOb, the web library of OpenStack's services. */
abstract class PlainFailure extends Failure implements PlainText {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly explanation: string,
    readonly detail = '',
  ) {
    super(explanation);
  }

  response({ method, headers }: FailedRequest): FailureResponse {
    return { status: this.status, ...renderPlainText(this, method, headers.accept ?? '') };
  }
}

/** The route does not exist. Nova checks the route before everything else in a request. */
export class RouteNotFound extends PlainFailure {
  constructor() {
    super(404, 'Not Found', 'The resource could not be found.');
  }
}

/** The body is larger than Nova accepts. OpenStack's middleware sends this response before the request reaches Nova. */
export class RequestTooLarge extends PlainFailure {
  constructor() {
    // In the release of Nova 33, oslo.middleware sends the placeholder instead of the limit.
    const explanation = 'Request is too large. Larger than max_request_body_size (%s).';
    super(413, 'Request Entity Too Large', explanation);
  }
}

/** Keystone is unreachable, so the service cannot authenticate the caller. */
export class IdentityUnreachable extends PlainFailure {
  override readonly retryAfter = 5;

  constructor() {
    const explanation = 'The server is currently unavailable. Please try again at a later time.';
    super(503, 'Service Unavailable', explanation, 'The Keystone service is temporarily unavailable.');
  }
}

/** The request has no valid token. The response has Keystone's format, not Nova's. */
export class Unauthorized extends Failure {
  /** @param address the URL of Keystone, where callers get a token */
  constructor(private readonly address: string) {
    super('The request you have made requires authentication.');
  }

  response(): FailureResponse {
    const error = { code: 401, title: 'Unauthorized', message: this.message };
    const headers = { 'WWW-Authenticate': `Keystone uri="${this.address.replace(/["\\]/g, '')}"` };
    return { status: 401, type: 'application/json', body: JSON.stringify({ error }), headers };
  }
}
