import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import { errorText } from '../common/error-text.js';
import { trimEnd } from '../common/trim-end.js';
import { UpstreamFailure } from '../nova/fault/faults.js';
import { hasKnownCoding } from '../common/http/unread-body.js';
import { connectWithin, sharedLookup } from './connecting.js';
import type { ConnectionLimit } from './connection-limit.js';
import { upstreamTarget } from './target.js';

/** A request that the service sends to nova-api. */
export interface UpstreamRequest {
  readonly method: string;
  /** The target in the request line of the client's request, unchanged. */
  readonly target: string;
  readonly headers: readonly string[];
  readonly body: Readable | undefined;
  /** The client to whose share of the connections to Nova this request counts. */
  readonly client: string;
}

/** The time limits of a request to Nova, in milliseconds. */
export interface TimeLimits {
  /**
   * The maximum time for opening a connection. It is more than 1 s, because TCP sends a lost packet again after 1 s.
   */
  readonly connect: number;
  /**
   * The maximum time without any traffic on the connection. It is long, because some of Nova's responses take minutes.
   */
  readonly silence: number;
}

const LIMITS: TimeLimits = { connect: 1_200, silence: 300_000 };

/** Milliseconds for which an idle connection stays open, unless Nova's `Keep-Alive` header names a shorter time. */
const IDLE_TIMEOUT = 4_000;

/** The maximum size of the headers of a response, in bytes. */
const MAX_HEADER_SIZE = 65_536;

/** The maximum number of informational responses (1xx) before the final response. nova-api itself sends none. */
const MAX_INFORMATIONAL = 100;

/** Methods that change nothing, so that the service may send such a request a second time. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The error when Nova closed an idle connection just when the service sent a request over this connection. */
class StaleConnection extends Error {}

/** The HTTP client for nova-api. It forwards the bytes of bodies unchanged, and as soon as they arrive. */
export class NovaHttp {
  private readonly isSecure: boolean;
  private readonly address: { readonly hostname: string; readonly port: string; readonly servername: string };
  private readonly prefix: string;
  private readonly ownHost: string;
  private readonly reusing: HttpAgent;
  private readonly singleUse: HttpAgent;
  private readonly lookup = sharedLookup();

  /**
   * @param url the URL of nova-api, possibly with a path
   * @param connections the limit for the number of connections, including idle ones
   */
  constructor(
    private readonly url: string,
    private readonly connections: ConnectionLimit,
    private readonly limits = LIMITS,
  ) {
    const { protocol, host: ownHost, hostname, port } = new URL(url);
    this.ownHost = ownHost;
    this.isSecure = protocol === 'https:';
    const host = hostname.replace(/^\[|\]$/g, '');
    // By default, Node would compare the certificate with the Host header, which comes from the client. The certificate
    // must be valid for the host in UPSTREAM_NOVA_URL.
    this.address = { hostname: host, port, servername: isIP(host) === 0 ? host : '' };
    this.prefix = trimEnd(/^\w+:\/\/[^/]*(\/.*)?$/.exec(url)?.[1] ?? '', '/');
    const Agent = this.isSecure ? HttpsAgent : HttpAgent;
    this.reusing = new Agent({ keepAlive: true, timeout: IDLE_TIMEOUT });
    this.singleUse = new Agent({ keepAlive: false });
  }

  /**
   * Sends a request to Nova. A request with a safe method and without a body may use an open connection. If Nova has
   * just closed that connection, the service sends the request again over a new connection. Every other request gets a
   * new connection, because Nova may close an idle connection at any time, and the service must not send such a request
   * twice.
   *
   * @param signal aborts the request and its response when it fires
   * @returns the response as soon as its headers have arrived
   * @throws UpstreamFailure if Nova sends no valid response, NoConnection if the request gets no connection
   */
  async send(request: UpstreamRequest, signal: AbortSignal): Promise<IncomingMessage> {
    if (!SAFE.has(request.method) || request.body !== undefined) {
      return this.sendOver(this.singleUse, request, signal);
    }
    try {
      return await this.sendOver(this.reusing, request, signal);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      return this.sendOver(this.singleUse, request, signal);
    }
  }

  close(): void {
    this.reusing.destroy();
    this.singleUse.destroy();
  }

  private async sendOver(
    agent: HttpAgent,
    request: UpstreamRequest,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const release = await this.connections.acquire(request.client, signal);
    let outgoing: ClientRequest;
    try {
      if (agent === this.singleUse) this.closeIdle();
      outgoing = this.begin(request, agent, signal);
    } catch (error) {
      release();
      throw error;
    }
    // When the request emits `close`, its connection is closed or idle, so another request can use the slot.
    outgoing.once('close', release);
    return this.responseTo(outgoing, agent);
  }

  /** Closes an idle connection if a new connection would exceed the limit. */
  private closeIdle(): void {
    const idle = Object.values(this.reusing.freeSockets).flatMap((sockets) => sockets ?? []);
    if (this.connections.inUse + idle.length > this.connections.max) idle[0]?.destroy();
  }

  private begin(request: UpstreamRequest, agent: HttpAgent, signal: AbortSignal): ClientRequest {
    const { method, target, headers, body } = request;
    const outgoing = (this.isSecure ? httpsRequest : httpRequest)({
      ...this.address,
      agent,
      lookup: this.lookup,
      method,
      path: upstreamTarget(target, this.prefix),
      // The service sends HTTP/1.1, which requires a Host header. A client that uses HTTP/1.0 may have sent no Host
      // header.
      headers: namesHost(headers) ? [...headers] : ['Host', this.ownHost, ...headers],
      timeout: this.limits.silence,
      maxHeaderSize: MAX_HEADER_SIZE,
      signal,
    });
    // 0 means no limit for the number of headers in the response. By default, Node drops headers after the first 1,000.
    // MAX_HEADER_SIZE limits their total size.
    outgoing.maxHeadersCount = 0;
    sendBody(outgoing, body);
    return outgoing;
  }

  private responseTo(outgoing: ClientRequest, agent: HttpAgent): Promise<IncomingMessage> {
    const { connect } = this.limits;
    const isConnected = connectWithin(outgoing, connect, this.isSecure ? 'secureConnect' : 'connect');
    let isLate = false;
    outgoing.once('timeout', () => {
      isLate = true;
      outgoing.destroy(new Error(`no traffic for ${this.limits.silence} ms`));
    });
    let informational = 0;
    outgoing.on('information', () => {
      informational += 1;
      if (informational > MAX_INFORMATIONAL) outgoing.destroy(new Error('too many informational responses'));
    });
    return new Promise((resolve, reject) => {
      let failure: Error | undefined;
      outgoing.once('response', (response) => {
        if (isForwardable(response)) {
          // Without this handler, Node would treat a response without a length as complete when Nova resets the
          // connection.
          outgoing.once('error', (error) => response.complete || response.destroy(error));
          resolve(response);
        } else {
          failure = this.failure(502, 'sends an invalid status or an unsupported transfer coding');
          outgoing.destroy();
        }
        // Nova may respond before it has read the whole request body. The service then closes the connection after the
        // response, and does not send the rest of the body.
        if (agent === this.singleUse) response.once('end', () => outgoing.destroy());
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        if (!isConnected()) failure ??= this.failure(503, 'is unreachable', error);
        else if (isLate) failure ??= this.failure(504, 'does not respond', error);
        else if (outgoing.reusedSocket && isClosing(error)) failure ??= new StaleConnection();
        else failure ??= this.failure(502, 'closes the connection early, or sends invalid HTTP', error);
      });
      // A listener for `close` is needed too: if Nova switches protocols (101) although the client did not request it,
      // Node emits neither `response` nor `error`.
      outgoing.once('close', () => {
        reject(failure ?? this.failure(502, 'closes the connection early'));
      });
    });
  }

  private failure(status: keyof typeof MESSAGES, problem: string, error?: Error): UpstreamFailure {
    const reason = error === undefined ? '' : `: ${errorText(error)}`;
    return new UpstreamFailure(
      status,
      MESSAGES[status],
      new Error(`nova-api at ${this.url} ${problem}${reason}`),
    );
  }
}

/**
 * The messages of the responses to clients. They do not contain the address of nova-api, which clients must not see.
 */
const MESSAGES = {
  502: 'The compute service sent no valid response.',
  503: 'The service is temporarily unable to answer. Please try again later.',
  504: 'The compute service did not respond in time.',
} as const;

function sendBody(outgoing: ClientRequest, body: Readable | undefined): void {
  if (body === undefined) {
    outgoing.end();
    return;
  }
  // The empty chunk makes Node send the headers now, because the body may arrive much later. `flushHeaders` would
  // encode the headers as UTF-8.
  outgoing.write(Buffer.alloc(0));
  body.pipe(outgoing);
  // Nova may respond and close the connection before the service has sent the whole body. The service then reads and
  // discards the rest of the body, because many clients read the response only after they have sent the whole body.
  outgoing.once('close', () => {
    body.unpipe(outgoing);
    body.resume();
  });
}

/**
 * Returns true if the service can forward a response of Nova. It cannot forward some status lines, which Node accepts
 * in a response but cannot send. It cannot forward a body with an unknown transfer coding either: the client could not
 * decode the body, because the service does not forward `Transfer-Encoding`.
 */
function isForwardable(response: IncomingMessage): boolean {
  const { statusCode = 0, statusMessage = '' } = response;
  return statusCode >= 200 && /^[\t\x20-\x7e\x80-\xff]*$/.test(statusMessage) && hasKnownCoding(response);
}

function namesHost(headers: readonly string[]): boolean {
  return headers.some((text, index) => index % 2 === 0 && text.toLowerCase() === 'host');
}

function isClosing({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}
