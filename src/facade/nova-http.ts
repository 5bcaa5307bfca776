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

/** A request as it goes to Nova. */
export interface UpstreamRequest {
  readonly method: string;
  /** As the client sent it. */
  readonly target: string;
  readonly headers: readonly string[];
  readonly body: Readable | undefined;
  /** Whose share of the connections counts. */
  readonly client: string;
}

/** In milliseconds. */
export interface TimeLimits {
  /** For the connection to stand. It is above one second, after which a packet that was lost is sent again. */
  readonly connect: number;
  /** For nothing at all to come or go. Nova's slow answers take minutes. */
  readonly silence: number;
}

const LIMITS: TimeLimits = { connect: 1_200, silence: 300_000 };

/** How long a connection is kept for the next request, in milliseconds; less if Nova says so. */
const KEEP = 4_000;

/** In bytes. */
const MAX_HEADER_SIZE = 65_536;

/** How many answers that only inform (1xx) may come before the real one; nova-api sends none. */
const MAX_INFORMATIONAL = 100;

/** Methods that change nothing, so that asking twice is asking once. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** A kept connection was found closed when a request was sent over it. */
class StaleConnection extends Error {}

/** HTTP to Nova, byte by byte and as it comes. */
export class NovaHttp {
  private readonly isSecure: boolean;
  private readonly where: { readonly hostname: string; readonly port: string; readonly servername: string };
  private readonly prefix: string;
  private readonly ownHost: string;
  private readonly kept: HttpAgent;
  private readonly single: HttpAgent;
  private readonly lookup = sharedLookup();

  /**
   * @param url Nova's address; may carry a path
   * @param connections how many there may be; idle ones count too
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
    // The certificate has to be that of this address, whatever the client's Host header says.
    this.where = { hostname: host, port, servername: isIP(host) === 0 ? host : '' };
    this.prefix = trimEnd(/^\w+:\/\/[^/]*(\/.*)?$/.exec(url)?.[1] ?? '', '/');
    const Agent = this.isSecure ? HttpsAgent : HttpAgent;
    this.kept = new Agent({ keepAlive: true, timeout: KEEP });
    this.single = new Agent({ keepAlive: false });
  }

  /**
   * Asks Nova. What may be asked twice goes over a kept connection, and once more over a new one if that was
   * closed meanwhile; all else has a connection of its own, which nobody closes before it is used.
   *
   * @param signal ends it, the answer included
   * @returns the answer as soon as it begins
   * @throws UpstreamFailure when none begins, NoConnection when there is no connection for it
   */
  async ask(request: UpstreamRequest, signal: AbortSignal): Promise<IncomingMessage> {
    if (!SAFE.has(request.method) || request.body !== undefined) {
      return this.send(request, this.single, signal);
    }
    try {
      return await this.send(request, this.kept, signal);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      return this.send(request, this.single, signal);
    }
  }

  close(): void {
    this.kept.destroy();
    this.single.destroy();
  }

  private async send(
    request: UpstreamRequest,
    agent: HttpAgent,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const giveBack = await this.connections.take(request.client, signal);
    let outgoing: ClientRequest;
    try {
      if (agent === this.single) this.closeIdle();
      outgoing = this.begin(request, agent, signal);
    } catch (error) {
      giveBack();
      throw error;
    }
    // The connection is closed by then, or idle again.
    outgoing.once('close', giveBack);
    return this.answerTo(outgoing, agent);
  }

  /** Closes an idle connection where a new one would be one too many. */
  private closeIdle(): void {
    const idle = Object.values(this.kept.freeSockets).flatMap((sockets) => sockets ?? []);
    if (this.connections.inUse + idle.length > this.connections.most) idle[0]?.destroy();
  }

  private begin(request: UpstreamRequest, agent: HttpAgent, signal: AbortSignal): ClientRequest {
    const { method, target, headers, body } = request;
    const outgoing = (this.isSecure ? httpsRequest : httpRequest)({
      ...this.where,
      agent,
      lookup: this.lookup,
      method,
      path: upstreamTarget(target, this.prefix),
      // HTTP/1.0 can do without a host, HTTP/1.1 cannot.
      headers: namesHost(headers) ? [...headers] : ['Host', this.ownHost, ...headers],
      timeout: this.limits.silence,
      maxHeaderSize: MAX_HEADER_SIZE,
      signal,
    });
    // Node would drop those beyond the thousandth; how many bytes they may have is limited.
    outgoing.maxHeadersCount = 0;
    sendBody(outgoing, body);
    return outgoing;
  }

  private answerTo(outgoing: ClientRequest, agent: HttpAgent): Promise<IncomingMessage> {
    const { connect } = this.limits;
    const connectionStands = connectWithin(outgoing, connect, this.isSecure ? 'secureConnect' : 'connect');
    let isLate = false;
    outgoing.once('timeout', () => {
      isLate = true;
      outgoing.destroy(new Error('nothing came or went for too long'));
    });
    let informing = 0;
    outgoing.on('information', () => {
      informing += 1;
      if (informing > MAX_INFORMATIONAL) outgoing.destroy(new Error('too many answers that only inform'));
    });
    return new Promise((resolve, reject) => {
      let failure: Error | undefined;
      outgoing.once('response', (answer) => {
        if (isForwardable(answer)) {
          // Node takes an answer without a length for whole where its connection is reset.
          outgoing.once('error', (error) => answer.complete || answer.destroy(error));
          resolve(answer);
        } else {
          failure = this.failure(502, 'answers with an invalid status or an unsupported transfer coding');
          outgoing.destroy();
        }
        // Nova may not have read all of the request, and will not: nothing more is sent over this connection.
        if (agent === this.single) answer.once('end', () => outgoing.destroy());
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        if (!connectionStands()) failure ??= this.failure(503, 'cannot be reached', error);
        else if (isLate) failure ??= this.failure(504, 'does not answer', error);
        else if (outgoing.reusedSocket && isClosing(error)) failure ??= new StaleConnection();
        else failure ??= this.failure(502, 'closes the connection early, or sends invalid HTTP', error);
      });
      // A change of the protocol, which nobody asked for, ends it without an answer and without an error.
      outgoing.once('close', () => {
        reject(failure ?? this.failure(502, 'closes the connection early'));
      });
    });
  }

  private failure(status: keyof typeof MESSAGES, what: string, error?: Error): UpstreamFailure {
    const why = error === undefined ? '' : `: ${errorText(error)}`;
    return new UpstreamFailure(status, MESSAGES[status], new Error(`nova-api at ${this.url} ${what}${why}`));
  }
}

/** For callers; where Nova stands is none of their business. */
const MESSAGES = {
  502: 'The compute service gave no valid answer.',
  503: 'The service is temporarily unable to answer. Please try again later.',
  504: 'The compute service did not answer in time.',
} as const;

function sendBody(outgoing: ClientRequest, body: Readable | undefined): void {
  if (body === undefined) {
    outgoing.end();
    return;
  }
  // The body may be long in coming. Node's own flushing would write the header's bytes as UTF-8.
  outgoing.write(Buffer.alloc(0));
  body.pipe(outgoing);
  // Nova may answer and close without reading all of it; the client sends on, and then reads the answer.
  outgoing.once('close', () => {
    body.unpipe(outgoing);
    body.resume();
  });
}

/** Node reads status lines more freely than it writes them. A body in an unknown coding would lose the header that says so. */
function isForwardable(answer: IncomingMessage): boolean {
  const { statusCode = 0, statusMessage = '' } = answer;
  return statusCode >= 200 && /^[\t\x20-\x7e\x80-\xff]*$/.test(statusMessage) && hasKnownCoding(answer);
}

function namesHost(headers: readonly string[]): boolean {
  return headers.some((text, index) => index % 2 === 0 && text.toLowerCase() === 'host');
}

function isClosing({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}
