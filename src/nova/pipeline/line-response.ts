import type { FastifyReply, FastifyRequest } from 'fastify';
import { preferredType } from '../../common/http/accept.js';
import { declareLong, endAtShutdown } from '../../common/http/long-response.js';
import { whenResponseCloses } from '../../common/http/response-closed.js';
import { NotAcceptable } from '../fault/faults.js';
import { problemOf } from '../fault/problem.js';
import { LINES_TYPE } from '../route/documented-body.js';
import type { ViewScope } from '../view/view.js';
import { auditStart, countItems } from './audit.js';
import { exchangeValue } from './exchange.js';
import { failureOf } from './failure-of.js';
import { addVary } from './response-headers.js';

const TYPES = ['application/json', LINES_TYPE] as const;

/**
 * Chooses between the usual response of a route and lines. Does nothing for a route without lines.
 *
 * @throws NotAcceptable if the client accepts neither
 */
export function chooseType(request: FastifyRequest, reply: FastifyReply): void {
  if (exchangeValue(request, 'route').lines === undefined) return;
  addVary(reply, 'Accept');
  const { accept = '' } = request.headers;
  if (accept.trim() === '') return;
  const type = preferredType(accept, TYPES);
  if (type === undefined) throw new NotAcceptable(`The response can only be ${TYPES.join(' or ')}.`);
  if (type !== LINES_TYPE) return;
  const requested = new AbortController();
  request.nova.lines = requested;
  const end = (): void => {
    requested.abort();
  };
  whenResponseCloses(reply.raw, end);
  endAtShutdown(reply, end);
  // Streams, the access log and the audit log together have more listeners than Node's limit for its warning.
  reply.raw.setMaxListeners(0);
}

/**
 * Renders the items of a result as lines, each when the client is ready to read it. An error before the first line
 * becomes the usual error response. After a later error, the last line is a problem.
 *
 * @param result the result of the handler, an `AsyncIterable`
 */
export async function* renderLines(
  request: FastifyRequest,
  reply: FastifyReply,
  result: unknown,
  scope: ViewScope,
): AsyncGenerator<string, void> {
  const { lines } = exchangeValue(request, 'route');
  const requested = exchangeValue(request, 'lines');
  void reply.header('Content-Type', LINES_TYPE);
  let isStarted = false;
  try {
    for await (const item of result as AsyncIterable<unknown>) {
      if (!isStarted) {
        isStarted = true;
        auditStart(request, reply);
        declareLong(reply, () => {
          requested.abort();
        });
      }
      countItems(request, 1);
      yield `${JSON.stringify(lines?.view[scope.access.view](item, scope))}\n`;
    }
  } catch (error) {
    if (!isStarted) throw error;
    yield `${problemOf(failureOf(error, request), request, request.nova.requestId).body}\n`;
  }
}
