import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import { hasBody } from '../nova/http/unread-body.js';
import { Upstream } from '../nova/http/upstream.js';
import { forwardedHeaders } from './forwarded.js';
import { answerHeaders, requestHeaders } from './headers.js';
import type { NovaHttp } from './nova-http.js';

/** Passes requests to a real nova-api, and its answers back, neither read nor gathered. */
export class NovaUpstream extends Upstream {
  /** @param publicUrl the address that clients use, where the settings say so */
  constructor(
    private readonly http: NovaHttp,
    private readonly publicUrl: string | undefined,
  ) {
    super();
  }

  override async passOn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { method, originalUrl: target, raw } = request;
    const gone = goneAway(request, reply);
    const headers = requestHeaders(method, raw.rawHeaders, forwardedHeaders(request, this.publicUrl));
    const body = hasBody(raw) ? raw : undefined;
    let answer: IncomingMessage;
    try {
      answer = await this.http.ask({ method, target, headers, body }, gone);
    } catch (failure) {
      if (!gone.aborted) throw failure;
      reply.hijack(); // there is nobody left to tell
      return;
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
}

/** Fires when the client has gone away before it had all of its answer. */
function goneAway({ raw: request }: FastifyRequest, { raw: response }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  // A response that waits behind others of the connection is not told that it closes; its request is.
  request.once('error', () => {
    controller.abort();
  });
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

function relay(answer: IncomingMessage, response: ServerResponse): void {
  const { statusCode = 502, statusMessage, rawHeaders } = answer;
  response.on('error', () => undefined); // the client is gone, which `goneAway` tells
  response.writeHead(statusCode, statusMessage, answerHeaders(rawHeaders));
  // The body may be long in coming. Node's own flushing would write the header's bytes as UTF-8.
  response.write(Buffer.alloc(0));
  answer.pipe(response);
  finished(answer, (error) => {
    if (error) abortResponse(response);
  });
}

/** Ends the connection so that nobody takes what came for the whole: where no length was told, a plain end would do that. */
function abortResponse(response: ServerResponse): void {
  if (response.socket === null) response.destroy();
  else response.socket.resetAndDestroy();
}
