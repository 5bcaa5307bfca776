import type { FastifyReply, FastifyRequest } from 'fastify';
import { isLong } from '../../common/http/long-response.js';
import type { Exchange } from '../../nova/pipeline/exchange.js';

/** The status of a request whose client left before an answer began, as nginx has it. */
const CLIENT_LEFT = 499;

/** The route of what nova-api answered, and of what no route takes. */
const UPSTREAM = 'upstream';
const UNMATCHED = 'unmatched';

/** A request as log and metrics show it: one that has ended, or whose long response begins. Each part is looked up when read. */
export class ObservedRequest {
  /**
   * @param address of the client, as far as the proxies before it are trusted
   * @param seconds from its arrival to the last byte of its answer; 0 while it is in progress
   */
  constructor(
    readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
    readonly address: string,
    readonly seconds: number,
  ) {}

  /** What is known of it; null before the arrival hook. */
  get nova(): Exchange | null {
    return this.request.nova;
  }

  /** Whether its response was declared long. */
  get isLong(): boolean {
    return isLong(this.reply.raw);
  }

  get method(): string {
    return this.request.method;
  }

  /** The pattern that the path matched: there are as many as there are routes. */
  get route(): string {
    if (this.nova?.upstream !== undefined) return UPSTREAM;
    const { url } = this.request.routeOptions;
    return url === undefined || url === '/*' || url === '*' ? UNMATCHED : url;
  }

  get status(): number {
    return this.reply.raw.headersSent ? this.reply.raw.statusCode : CLIENT_LEFT;
  }

  /** Whether the client left before it had all of the answer. */
  get isCut(): boolean {
    return !this.reply.raw.writableFinished;
  }

  /** Of the answer's body, in bytes: what was sent of one that is passed on, and the whole of any other. */
  get length(): number {
    const passedBack = this.nova?.upstream?.bodyLength ?? 0;
    if (passedBack > 0) return passedBack;
    return this.method === 'HEAD' ? 0 : Number(this.reply.getHeader('content-length') ?? 0);
  }

  /** Undefined where none was negotiated. */
  get microversion(): string | undefined {
    return this.nova?.version?.toString();
  }

  /** The view that was given; undefined where none was. */
  get view(): 'external' | 'internal' | undefined {
    const { statusCode } = this.reply.raw;
    return statusCode < 300 ? this.nova?.access?.view : undefined;
  }
}
