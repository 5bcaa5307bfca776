import { HttpException, Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
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

const log = new Logger('Faults');

/**
 * Returns a `Failure` unchanged. For any other error, such as one of Fastify or one caused by a bug, returns the
 * fault to send. Logs errors that are not the client's.
 */
export function failureOf(thrown: unknown, request: FastifyRequest): Failure {
  if (thrown instanceof Failure) {
    if (thrown.cause !== undefined) reportOutage(thrown, request);
    return thrown;
  }
  if (thrown instanceof DatabaseUnavailable) {
    reportOutage(thrown, request);
    return new ServiceUnavailable();
  }
  if (thrown instanceof IdentityUnavailable) {
    reportOutage(thrown, request);
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
  log.error(entry);
  return new OtherFault(500, `Unexpected API Error. The request id is ${requestId}.`);
}

/** Logs that another service is unreachable. This is not a bug, so the stack is logged only at level `debug`. */
function reportOutage(failure: Error, { nova: { requestId } }: FastifyRequest): void {
  const message = `${failure.message.replace(/\.$/, '')}: ${errorText(failure.cause)}`;
  const entry: LogEntry = { message, request_id: requestId };
  log.error(entry);
  log.debug({ ...entry, error: failure });
}

/** Returns the HTTP status of an error that Nest or Fastify threw; 500 for every other error. */
function statusOf(thrown: unknown): number {
  if (thrown instanceof HttpException) return thrown.getStatus();
  return thrown instanceof Error && 'statusCode' in thrown ? Number(thrown.statusCode) : 500;
}
