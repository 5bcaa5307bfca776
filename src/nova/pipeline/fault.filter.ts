import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorText } from '../../common/error-text.js';
import type { LogEntry } from '../../common/log-entry.js';
import { Settings } from '../../config/settings.js';
import { DatabaseUnavailable } from '../../database/connection/database.js';
import { Authenticator, IdentityUnavailable } from '../../identity/authenticator.js';
import { rootAddress } from '../url/links.js';
import { addVersionHeaders } from './version-headers.js';
import {
  AmbiguousRequest,
  Fault,
  faultBody,
  RequestTooLarge,
  RouteNotFound,
  ServiceUnavailable,
  Unauthorized,
  UpstreamFailure,
} from '../fault/faults.js';
import { IDENTITY_UNAVAILABLE, plainBody, REQUEST_TOO_LARGE, ROUTE_NOT_FOUND } from '../fault/plain-body.js';

const FAULT_TYPE = 'application/json; charset=UTF-8';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Every failure leaves the service through here, and tells the caller what Nova would and nothing more. */
@Catch()
export class FaultFilter implements ExceptionFilter {
  private readonly log = new Logger('Faults');

  constructor(
    private readonly settings: Settings,
    private readonly authenticator: Authenticator,
  ) {}

  catch(failure: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent) return;
    const { status, type, body } = this.answer(failure, request, reply);
    request.nova.isAnswered = true;
    // The CORS layer of OpenStack services turns every failure of an OPTIONS request into this. It never sees an
    // ambiguous request, and it cannot be asked where it is that of an unreachable nova-api.
    const isSeenByCors = !(failure instanceof UpstreamFailure || failure instanceof AmbiguousRequest);
    if (request.method === 'OPTIONS' && isSeenByCors) {
      void reply.removeHeader('WWW-Authenticate').status(200).send();
    } else {
      void reply.status(status).header('Content-Type', type).send(Buffer.from(body));
    }
  }

  private answer(failure: unknown, request: FastifyRequest, reply: FastifyReply): Answer {
    if (failure instanceof Unauthorized) return this.unauthorized(request, reply);
    // The framework has its own exceptions for a path that matches no route, and for files that are none.
    if (failure instanceof RouteNotFound || (!(failure instanceof Fault) && statusOf(failure) === 404)) {
      return plainBody(ROUTE_NOT_FOUND, request.method, request.headers.accept ?? '');
    }
    if (failure instanceof RequestTooLarge) {
      return plainBody(REQUEST_TOO_LARGE, request.method, request.headers.accept ?? '');
    }
    if (failure instanceof IdentityUnavailable) {
      this.outage(failure, request);
      void reply.header('Retry-After', '5');
      return plainBody(IDENTITY_UNAVAILABLE, request.method, request.headers.accept ?? '');
    }
    const fault = this.toFault(failure, request);
    addVersionHeaders(request, reply);
    if (fault.retryAfter !== undefined) void reply.header('Retry-After', String(fault.retryAfter));
    return {
      status: fault.status,
      type: FAULT_TYPE,
      body: JSON.stringify(faultBody(fault.status, fault.message, fault.retryAfter)),
    };
  }

  /** A failure that is no fault is a mistake of ours, or of the HTTP layer, or a database that is away. */
  private toFault(
    failure: unknown,
    request: FastifyRequest,
  ): Pick<Fault, 'status' | 'message' | 'retryAfter'> {
    const { requestId } = request.nova;
    if (failure instanceof UpstreamFailure && failure.cause !== undefined) this.outage(failure, request);
    if (failure instanceof Fault) return failure;
    if (failure instanceof DatabaseUnavailable) {
      this.outage(failure, request);
      return new ServiceUnavailable();
    }
    const status = statusOf(failure);
    if (status >= 400 && status < 500) {
      return { status, message: 'The server could not comply with the request.' };
    }
    const entry: LogEntry = {
      message: `unexpected: ${errorText(failure)}`,
      request_id: requestId,
      error: failure,
    };
    this.log.error(entry);
    return { status: 500, message: `Unexpected API Error. The request id is ${requestId}.` };
  }

  /** Something that is away is no mistake of ours: where in the code that was noticed is for those who debug. */
  private outage(failure: Error, { nova: { requestId } }: FastifyRequest): void {
    const message = `${failure.message.replace(/\.$/, '')}: ${errorText(failure.cause)}`;
    const entry: LogEntry = { message, request_id: requestId };
    this.log.error(entry);
    this.log.debug({ ...entry, error: failure });
  }

  /** The body is Keystone's own. */
  private unauthorized(request: FastifyRequest, reply: FastifyReply): Answer {
    const own = rootAddress(request, this.settings.PUBLIC_URL).replace(/\/v2(\.1)?$/, '');
    const address = this.authenticator.authUrl ?? `${own.replace(/\/$/, '')}/`;
    void reply.header('WWW-Authenticate', `Keystone uri="${address.replace(/["\\]/g, '')}"`);
    const message = 'The request you have made requires authentication.';
    const body = { error: { code: 401, title: 'Unauthorized', message } };
    return { status: 401, type: 'application/json', body: JSON.stringify(body) };
  }
}

/** The status that the framework or its HTTP layer has in mind for a failure of theirs; 500 for any other. */
function statusOf(failure: unknown): number {
  if (failure instanceof HttpException) return failure.getStatus();
  return failure instanceof Error && 'statusCode' in failure ? Number(failure.statusCode) : 500;
}
