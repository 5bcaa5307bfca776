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
import { upstreamTarget } from './target.js';

/** A request as it goes to Nova. */
export interface UpstreamRequest {
  readonly method: string;
  /** As the client sent it. */
  readonly target: string;
  readonly headers: readonly string[];
  readonly body: Readable | undefined;
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
const LARGEST_HEADER = 65_536;

/** Methods that change nothing, so that asking twice is asking once. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** A kept connection was found closed when a request was sent over it. */
class ClosedMeanwhile extends Error {}

/** HTTP to Nova, byte by byte and as it comes. */
export class NovaHttp {
  private readonly isSecure: boolean;
  private readonly where: { readonly hostname: string; readonly port: string; readonly servername: string };
  private readonly prefix: string;
  private readonly ownHost: string;
  private readonly kept: HttpAgent;
  private readonly single: HttpAgent;

  /** @param url Nova's address; may carry a path */
  constructor(
    private readonly url: string,
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
   * @throws UpstreamFailure when none begins
   */
  async ask(request: UpstreamRequest, signal: AbortSignal): Promise<IncomingMessage> {
    if (!SAFE.has(request.method) || request.body !== undefined) {
      return this.send(request, this.single, signal);
    }
    try {
      return await this.send(request, this.kept, signal);
    } catch (error) {
      if (!(error instanceof ClosedMeanwhile)) throw error;
      return this.send(request, this.single, signal);
    }
  }

  close(): void {
    this.kept.destroy();
    this.single.destroy();
  }

  private send(request: UpstreamRequest, agent: HttpAgent, signal: AbortSignal): Promise<IncomingMessage> {
    const { method, target, headers, body } = request;
    const outgoing = (this.isSecure ? httpsRequest : httpRequest)({
      ...this.where,
      agent,
      method,
      path: upstreamTarget(target, this.prefix),
      // HTTP/1.0 can do without a host, HTTP/1.1 cannot.
      headers: namesHost(headers) ? [...headers] : ['Host', this.ownHost, ...headers],
      timeout: this.limits.silence,
      maxHeaderSize: LARGEST_HEADER,
      signal,
    });
    const connectionStands = connectWithin(
      outgoing,
      this.limits.connect,
      this.isSecure ? 'secureConnect' : 'connect',
    );
    let isLate = false;
    outgoing.once('timeout', () => {
      isLate = true;
      outgoing.destroy(new Error('nothing came or went for too long'));
    });
    sendBody(outgoing, body);
    return new Promise((resolve, reject) => {
      let isAnswered = false;
      outgoing.once('response', (answer) => {
        isAnswered = true;
        if (canPassOn(answer)) {
          resolve(answer);
        } else {
          outgoing.destroy();
          reject(this.failure(502, 'answers with a status that is none'));
        }
      });
      // Once an answer has begun, that it breaks off is told by the answer itself.
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        if (!connectionStands()) reject(this.failure(503, 'cannot be reached', error));
        else if (isLate) reject(this.failure(504, 'does not answer', error));
        else if (outgoing.reusedSocket && isClosing(error)) reject(new ClosedMeanwhile());
        else reject(this.failure(502, 'breaks off, or answers what is no HTTP', error));
      });
      // A change of the protocol, which nobody asked for, ends it without either.
      outgoing.once('close', () => {
        if (!isAnswered) reject(this.failure(502, 'breaks off'));
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

/**
 * Gives a request up whose connection does not stand in time.
 *
 * @param event of the socket, when it does
 * @returns whether it stands by now
 */
function connectWithin(
  outgoing: ClientRequest,
  limit: number,
  event: 'connect' | 'secureConnect',
): () => boolean {
  let stands = false;
  outgoing.once('socket', (socket) => {
    stands = !socket.connecting;
    if (stands) return; // a kept one
    const timer = setTimeout(() => {
      outgoing.destroy(new Error('no connection in time'));
    }, limit);
    socket.once(event, () => {
      stands = true;
      clearTimeout(timer);
    });
    outgoing.once('close', () => {
      clearTimeout(timer);
    });
  });
  return () => stands;
}

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

/** Node reads status lines more freely than it writes them. */
function canPassOn({ statusCode = 0, statusMessage = '' }: IncomingMessage): boolean {
  return statusCode >= 200 && /^[\t\x20-\x7e\x80-\xff]*$/.test(statusMessage);
}

function namesHost(headers: readonly string[]): boolean {
  return headers.some((text, index) => index % 2 === 0 && text.toLowerCase() === 'host');
}

function isClosing({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}
