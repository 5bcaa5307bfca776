import { type PlainText, renderPlainText } from './plain-body.js';

/** What a failure's response depends on. */
export interface FailedRequest {
  readonly method: string;
  readonly headers: { readonly accept?: string | undefined };
}

/** A response, as a failure renders itself. */
export interface FailureResponse {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A failure that has a response of its own. Its cause is for the log. */
export abstract class Failure extends Error {
  /** After how many seconds the caller may try again. */
  readonly retryAfter?: number | undefined;
  /** Whether Nova itself sends this response, with the microversion, and not a layer before Nova. */
  readonly isNovaResponse: boolean = false;
  /** Whether the CORS layer, the first layer of OpenStack's services, treats it as a failure. */
  readonly isSeenByCors: boolean = true;

  abstract response(request: FailedRequest): FailureResponse;
}

/** A failure in Nova's form: `{"<name>": {"code": <status>, "message": <message>}}`. */
export abstract class Fault extends Failure {
  abstract readonly status: number;
  override readonly isNovaResponse = true;

  response(): FailureResponse {
    const { status, message, retryAfter } = this;
    const body = JSON.stringify(faultBody(status, message, retryAfter));
    return { status, type: 'application/json; charset=UTF-8', body };
  }
}

/** A fault of which only status and message matter. */
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

/** Two servers could take the request for two different ones. */
export class AmbiguousRequest extends BadRequest {
  override readonly isSeenByCors = false;
}

/** The caller is authenticated, but not allowed. */
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

/** The service does not support the microversion. */
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

/** The driver of the server, or this deployment, cannot do it. */
export class NotImplemented extends Fault {
  override readonly status = 501;
}

/** The body is of a type that Nova does not read. */
export class UnsupportedMediaType extends Fault {
  override readonly status = 415;

  constructor() {
    super('Unsupported Content-Type');
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
 * The Nova behind this service did not answer: it cannot be reached or has no connection free (503), breaks off (502),
 * takes too long (504), or its address leads back here (508).
 */
export class UpstreamFailure extends Fault {
  /** nova-api has the CORS layer, and did not answer. */
  override readonly isSeenByCors = false;

  /** @param cause for the log; undefined where the log already says why */
  constructor(
    override readonly status: 502 | 503 | 504 | 508,
    message: string,
    cause?: Error,
    override readonly retryAfter = status === 503 ? 5 : undefined,
  ) {
    super(message, { cause });
  }
}

/** The names of Nova's fault bodies; any other status is a `computeFault`. */
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

/** Those that say in the body, too, when to try again. */
const RETRY_AFTER_IN_BODY = new Set([413, 429]);

/** Nova's body for a fault. @param retryAfter in seconds */
export function faultBody(status: number, message: string, retryAfter?: number): object {
  const when = retryAfter !== undefined &&
    RETRY_AFTER_IN_BODY.has(status) && { retryAfter: String(retryAfter) };
  return { [FAULT_NAMES[status] ?? 'computeFault']: { code: status, message, ...when } };
}

/** A failure in the form of the web library that OpenStack's services use. */
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

/** There is no such route. Nova answers this before it looks at anything else of the request. */
export class RouteNotFound extends PlainFailure {
  constructor() {
    super(404, 'Not Found', 'The resource could not be found.');
  }
}

/** The body is longer than Nova reads. The layer before Nova answers. */
export class RequestTooLarge extends PlainFailure {
  constructor() {
    super(413, 'Request Entity Too Large', 'Request is too large.');
  }
}

/** The identity service does not answer, so the caller cannot be authenticated. */
export class IdentityUnreachable extends PlainFailure {
  override readonly retryAfter = 5;

  constructor() {
    const explanation = 'The server is currently unavailable. Please try again at a later time.';
    super(503, 'Service Unavailable', explanation, 'The Keystone service is temporarily unavailable.');
  }
}

/** There is no token, or an unknown one. The response has Keystone's form, not Nova's. */
export class Unauthorized extends Failure {
  /** @param address where callers get a token */
  constructor(private readonly address: string) {
    super('The request you have made requires authentication.');
  }

  response(): FailureResponse {
    const error = { code: 401, title: 'Unauthorized', message: this.message };
    const headers = { 'WWW-Authenticate': `Keystone uri="${this.address.replace(/["\\]/g, '')}"` };
    return { status: 401, type: 'application/json', body: JSON.stringify({ error }), headers };
  }
}
