import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Unauthorized } from '../fault/faults.js';
import { hasProblems, problemOf } from '../fault/problem.js';
import { addCopyHeader } from './copy-header.js';
import { NotModified, sendNotModified } from './etag.js';
import { failureOf } from './failure-of.js';
import { addVersionHeaders } from './version-headers.js';

/** Turns every error into a response. The response reveals no more than Nova's response would. */
@Catch()
export class FaultFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent) return;
    if (thrown instanceof NotModified) {
      sendNotModified(reply);
      return;
    }
    const failure = failureOf(thrown, request);
    const { url, requestId } = request.nova;
    // Keystone's middleware, which checks the token, has the same format on all paths.
    const isProblem = hasProblems(url.path) && !(failure instanceof Unauthorized);
    const response = isProblem ? problemOf(failure, request, requestId) : failure.response(request);
    const { status, type, body, headers = {} } = response;
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
}
