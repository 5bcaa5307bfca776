/**
 * What goes wrong in a way the caller is told of. The fault filter turns each into Nova's body:
 * `{"<name>": {"code": <status>, "message": <message>}}`.
 */
export abstract class Fault extends Error {
  abstract readonly status: number;
  /** Seconds after which another try makes sense. */
  readonly retryAfter?: number | undefined;
}

/** The request is not as it must be. */
export class BadRequest extends Fault {
  override readonly status = 400;
}

/** Two servers could take the request for two different ones. */
export class AmbiguousRequest extends BadRequest {}

/** The caller is known, and may not. */
export class Forbidden extends Fault {
  override readonly status = 403;

  constructor(policy: string) {
    super(`Policy doesn't allow ${policy} to be performed.`);
  }
}

/** What is asked for is not there, or not for this caller's eyes. */
export class NotFound extends Fault {
  override readonly status = 404;
}

/** The microversion is not one of ours. */
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

/** Something the answer needs is away for now. */
export class ServiceUnavailable extends Fault {
  override readonly status = 503;
  override readonly retryAfter = 5;

  constructor() {
    super('The service is temporarily unable to answer. Please try again later.');
  }
}

/** The path and query are longer than is read. */
export class UriTooLong extends Fault {
  override readonly status = 414;

  constructor() {
    super('The address of the request is too long.');
  }
}

/** The caller has sent more requests than a caller may. */
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
const SAYS_WHEN = new Set([413, 429]);

/** Nova's body for a fault. @param retryAfter in seconds */
export function faultBody(status: number, message: string, retryAfter?: number): object {
  const when = retryAfter !== undefined && SAYS_WHEN.has(status) && { retryAfter: String(retryAfter) };
  return { [FAULT_NAMES[status] ?? 'computeFault']: { code: status, message, ...when } };
}

/** There is no such route. Nova answers this before it looks at anything else of the request, in plain text. */
export class RouteNotFound extends Error {}

/** The body is longer than Nova reads. Answered in plain text by the layer before Nova. */
export class RequestTooLarge extends Error {}

/** There is no token, or none that is known. Answered in Keystone's form, not in Nova's. */
export class Unauthorized extends Error {}
