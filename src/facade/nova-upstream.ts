import { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { finished } from 'node:stream';
import { clientNetwork } from '../common/client-network.js';
import { seldom } from '../common/seldom.js';
import { ServiceUnavailable, UpstreamFailure } from '../nova/fault/faults.js';
import { hasBody } from '../common/http/unread-body.js';
import { Upstream } from '../nova/pipeline/upstream.hook.js';
import { type ConnectionLimit, NoConnection } from './connection-limit.js';
import { forwardedHeaders } from './forwarded.js';
import { responseHeaders, requestHeaders } from './headers.js';
import { isLoop, viaHeader } from './loop.js';
import type { NovaHttp, UpstreamRequest } from './nova-http.js';

/** Passes requests to a real nova-api, and its answers back, neither read nor gathered. */
export class NovaUpstream extends Upstream {
  private readonly log = new Logger('Facade');

  /** @param publicUrl the address that clients use, where the settings say so */
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
      throw new UpstreamFailure(508, 'The way to the compute service leads back to this service.');
    }
    const gone = clientClosed(request, reply);
    let answer: IncomingMessage;
    try {
      answer = await this.http.ask(this.asNovaGetsIt(request), gone);
    } catch (failure) {
      if (gone.aborted) {
        reply.hijack(); // there is nobody left to tell
        return;
      }
      if (!(failure instanceof NoConnection)) throw failure;
      this.reportNoConnection();
      const { message, status } = new ServiceUnavailable();
      throw new UpstreamFailure(status, message);
    }
    reply.hijack();
    const { upstream } = request.nova;
    answer.on('data', (chunk: Buffer) => {
      if (upstream !== undefined) upstream.bodyLength += chunk.length;
    });
    relay(answer, reply.raw);
  }

  close(): void {
    this.http.close();
  }

  private asNovaGetsIt(request: FastifyRequest): UpstreamRequest {
    const { method, originalUrl: target, ip, raw } = request;
    const added = [...forwardedHeaders(request, this.publicUrl), viaHeader(raw.httpVersion)];
    const headers = requestHeaders(method, raw.rawHeaders, added);
    return { method, target, headers, body: hasBody(raw) ? raw : undefined, client: clientNetwork(ip) };
  }

  private readonly reportLoop = seldom((times) => {
    this.log.error(
      `UPSTREAM_NOVA_URL leads back to this service, or there are more than two facades in a row; requests refused: ${times}`,
    );
  });

  private readonly reportNoConnection = seldom((times) => {
    const { inUse, most, waiting } = this.connections;
    this.log.warn(
      `no connection to nova-api is free in time (${inUse} of ${most} are in use, ${waiting} requests wait); ` +
        `requests refused: ${times}`,
    );
  });
}

/** Fires when the client has gone away before it had all of its answer. */
function clientClosed({ raw: request }: FastifyRequest, { raw: response }: FastifyReply): AbortSignal {
  const { socket } = request;
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
  };
  // The body breaks off.
  request.once('error', abort);
  // A response that waits behind others of the connection emits nothing when that closes. Neither does a request whose
  // body has been read. There are as many listeners as requests of the connection that are not answered yet.
  socket.setMaxListeners(0).once('close', abort);
  response.once('close', () => {
    socket.off('close', abort);
    if (!response.writableFinished) abort();
  });
  if (socket.destroyed) abort();
  return controller.signal;
}

function relay(answer: IncomingMessage, response: ServerResponse): void {
  const { statusCode = 502, statusMessage, rawHeaders } = answer;
  response.on('error', () => undefined); // the client is gone, which `clientClosed` tells
  response.writeHead(statusCode, statusMessage, responseHeaders(rawHeaders));
  // The body may be long in coming. Node's own flushing would write the header's bytes as UTF-8.
  response.write(Buffer.alloc(0));
  answer.pipe(response);
  finished(answer, (error) => {
    if (error) abortResponse(response);
  });
}

/** Ends the connection so that nobody takes what came for the whole: where no length was told, a plain end would do that. */
function abortResponse(response: ServerResponse): void {
  const { socket } = response;
  if (socket === null) {
    response.destroy();
    return;
  }
  // Of TLS, Node can only reset the TCP connection below; its types do not know that.
  const { _parent: tcp } = socket as Socket & { _parent?: Socket | null };
  (tcp ?? socket).resetAndDestroy();
}
