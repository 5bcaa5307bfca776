import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorText } from '../../common/error-text.js';
import type { LogEntry } from '../../common/log-entry.js';
import { DatabaseUnavailable } from '../../database/connection/database.js';
import { IdentityUnavailable } from '../../identity/authenticator.js';
import {
  Failure,
  IdentityUnreachable,
  OtherFault,
  RouteNotFound,
  ServiceUnavailable,
} from '../fault/faults.js';
import { addCopyHeader } from './copy-header.js';
import { addVersionHeaders } from './version-headers.js';

/** Turns every error into a response. The response reveals no more than Nova's response would. */
@Catch()
export class FaultFilter implements ExceptionFilter {
  private readonly log = new Logger('Faults');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent) return;
    const failure = this.failureOf(thrown, request);
    const { status, type, body, headers = {} } = failure.response(request);
    if (failure.isNovaResponse) addVersionHeaders(request, reply);
    if (status < 500) addCopyHeader(request, reply);
    if (failure.retryAfter !== undefined) void reply.header('Retry-After', String(failure.retryAfter));
    // OpenStack's CORS layer, which runs before Nova, replaces the failure of any OPTIONS request with an empty 200
    // response.
    if (request.method === 'OPTIONS' && failure.isSeenByCors) {
      void reply.status(200).send();
    } else {
      void reply.status(status).headers(headers).header('Content-Type', type).send(Buffer.from(body));
    }
  }

  /**
   * Returns a `Failure` unchanged. For any other error, such as one of Fastify or one caused by a bug, returns the
   * fault to send.
   */
  private failureOf(thrown: unknown, request: FastifyRequest): Failure {
    if (thrown instanceof Failure) {
      if (thrown.cause !== undefined) this.reportOutage(thrown, request);
      return thrown;
    }
    if (thrown instanceof DatabaseUnavailable) {
      this.reportOutage(thrown, request);
      return new ServiceUnavailable();
    }
    if (thrown instanceof IdentityUnavailable) {
      this.reportOutage(thrown, request);
      return new IdentityUnreachable();
    }
    const status = statusOf(thrown);
    if (status === 404) return new RouteNotFound();
    if (status >= 400 && status < 500) {
      return new OtherFault(status, 'The server could not comply with the request.');
    }
    const { requestId } = request.nova;
    const entry: LogEntry = {
      message: `unexpected: ${errorText(thrown)}`,
      request_id: requestId,
      error: thrown,
    };
    this.log.error(entry);
    return new OtherFault(500, `Unexpected API Error. The request id is ${requestId}.`);
  }

  /** Logs that another service is unreachable. This is not a bug, so the stack is logged only at level `debug`. */
  private reportOutage(failure: Error, { nova: { requestId } }: FastifyRequest): void {
    const message = `${failure.message.replace(/\.$/, '')}: ${errorText(failure.cause)}`;
    const entry: LogEntry = { message, request_id: requestId };
    this.log.error(entry);
    this.log.debug({ ...entry, error: failure });
  }
}

/** Returns the HTTP status of an error that Nest or Fastify threw; 500 for every other error. */
function statusOf(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus();
  return thrown instanceof Error && 'statusCode' in thrown ? Number(thrown.statusCode) : 500;
}
