import { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { finished } from 'node:stream';
import { clientNetwork } from '../common/client-network.js';
import { throttle } from '../common/throttle.js';
import { ServiceUnavailable, UpstreamFailure } from '../nova/fault/faults.js';
import { hasBody } from '../common/http/unread-body.js';
import { Upstream } from '../nova/pipeline/upstream.hook.js';
import { type ConnectionLimit, NoConnection } from './connection-limit.js';
import { forwardedHeaders } from './forwarded.js';
import { responseHeaders, requestHeaders } from './headers.js';
import { isLoop, viaHeader } from './loop.js';
import type { NovaHttp, UpstreamRequest } from './nova-http.js';

/**
 * Passes requests to nova-api, and passes the responses of nova-api to the client. Neither parses nor buffers bodies.
 */
export class NovaUpstream extends Upstream {
  private readonly log = new Logger('Facade');

  /** @param publicUrl the URL at which clients reach the service (PUBLIC_URL), if it is set */
  constructor(
    private readonly http: NovaHttp,
    private readonly connections: ConnectionLimit,
    private readonly publicUrl: string | undefined,
  ) {
    super();
  }

  override async passOn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { rawHeaders } = request.raw;
    if (isLoop(rawHeaders)) {
      this.reportLoop();
      throw new UpstreamFailure(508, 'The request returns to this service instead of the compute service.');
    }
    const closed = clientClosed(request, reply);
    let response: IncomingMessage;
    try {
      response = await this.http.send(this.upstreamRequest(request), closed);
    } catch (failure) {
      if (closed.aborted) {
        // Prevents Fastify from sending a response on the closed connection.
        reply.hijack();
        return;
      }
      if (!(failure instanceof NoConnection)) throw failure;
      this.reportNoConnection();
      const { message, status } = new ServiceUnavailable();
      throw new UpstreamFailure(status, message);
    }
    reply.hijack();
    const { upstream } = request.nova;
    response.on('data', (chunk: Buffer) => {
      if (upstream !== undefined) upstream.bodyLength += chunk.length;
    });
    relay(response, reply.raw);
  }

  close(): void {
    this.http.close();
  }

  private upstreamRequest(request: FastifyRequest): UpstreamRequest {
    const { method, originalUrl: target, ip, raw } = request;
    const added = [...forwardedHeaders(request, this.publicUrl), viaHeader(raw.httpVersion)];
    const headers = requestHeaders(method, raw.rawHeaders, added);
    return { method, target, headers, body: hasBody(raw) ? raw : undefined, client: clientNetwork(ip) };
  }

  private readonly reportLoop = throttle((times) => {
    this.log.error(
      'UPSTREAM_NOVA_URL leads back to this service, or more than two facades are in a row; ' +
        `requests rejected with 508: ${times}`,
    );
  });

  private readonly reportNoConnection = throttle((times) => {
    const { inUse, max, waiting } = this.connections;
    this.log.warn(
      `all connections to nova-api are in use (${inUse} of ${max}, ${waiting} requests wait; see UPSTREAM_CONNECTIONS); ` +
        `requests rejected with 503: ${times}`,
    );
  });
}

/** Returns a signal that fires if the client closes the connection before it has received the whole response. */
function clientClosed({ raw: request }: FastifyRequest, { raw: response }: FastifyReply): AbortSignal {
  const { socket } = request;
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
  };
  // The request emits `error` if the client closes the connection before it has sent the whole request body.
  request.once('error', abort);
  // A listener on the socket is needed too: when the client closes the connection, a request whose body has been read
  // emits no event. A response that waits for earlier responses to pipelined requests emits no event either.
  // `setMaxListeners(0)` turns off Node's warning about more than 10 listeners: PIPELINED_REQUESTS limits the number of
  // unanswered requests on a connection.
  socket.setMaxListeners(0).once('close', abort);
  response.once('close', () => {
    socket.off('close', abort);
    if (!response.writableFinished) abort();
  });
  if (socket.destroyed) abort();
  return controller.signal;
}

function relay(received: IncomingMessage, response: ServerResponse): void {
  const { statusCode = 502, statusMessage, rawHeaders } = received;
  // The response emits `error` if the client closes the connection, which `clientClosed` handles.
  response.on('error', () => undefined);
  response.writeHead(statusCode, statusMessage, responseHeaders(rawHeaders));
  // The empty chunk makes Node send the headers now, because the body may arrive much later. `flushHeaders` would
  // encode the headers as UTF-8.
  response.write(Buffer.alloc(0));
  received.pipe(response);
  finished(received, (error) => {
    if (error) abortResponse(response);
  });
}

/**
 * Resets the connection to the client. If the service closed the connection normally, the client could treat an
 * incomplete body as complete, because a body without a length ends when the connection is closed.
 */
function abortResponse(response: ServerResponse): void {
  const { socket } = response;
  if (socket === null) {
    response.destroy();
    return;
  }
  // With TLS, Node can reset only the underlying TCP connection. Node's types do not declare the property with that
  // connection.
  const { _parent: tcp } = socket as Socket & { _parent?: Socket | null };
  (tcp ?? socket).resetAndDestroy();
}
