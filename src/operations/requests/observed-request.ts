import type { FastifyReply, FastifyRequest } from 'fastify';
import { isLong } from '../../common/http/long-response.js';
import type { Exchange } from '../../nova/pipeline/exchange.js';

/**
 * The status in log and metrics if the client closed the connection before the response started. nginx uses the same
 * status.
 */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * The `route` in log and metrics: `upstream` for requests that were passed on to nova-api, `unmatched` for requests
 * without a matching route.
 */
const UPSTREAM = 'upstream';
const UNMATCHED = 'unmatched';

/**
 * A request for the log and the metrics: it is finished, or it has a long response that has started. Each property is
 * computed when it is read.
 */
export class ObservedRequest {
  /**
   * @param address the address of the client, which a proxy in TRUSTED_PROXIES may have sent in X-Forwarded-For
   * @param seconds from the arrival of the request to the last byte of its response; 0 while the response is in
   *   progress
   */
  constructor(
    readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
    readonly address: string,
    readonly seconds: number,
  ) {}

  /** The data that hooks and guards have stored about the request; null before the arrival hook has run. */
  get nova(): Exchange | null {
    return this.request.nova;
  }

  /** True if `declareLong` was called for the response. */
  get isLong(): boolean {
    return isLong(this.reply.raw);
  }

  get method(): string {
    return this.request.method;
  }

  /**
   * The pattern of the route that matches the path. The number of possible values is limited by the number of routes.
   */
  get route(): string {
    if (this.nova?.upstream !== undefined) return UPSTREAM;
    const { url } = this.request.routeOptions;
    return url === undefined || url === '/*' || url === '*' ? UNMATCHED : url;
  }

  get status(): number {
    return this.reply.raw.headersSent ? this.reply.raw.statusCode : CLIENT_CLOSED_REQUEST;
  }

  /** True if the client closed the connection before the end of the response. */
  get isCut(): boolean {
    return !this.reply.raw.writableFinished;
  }

  /**
   * The length of the response body, in bytes. For a response of nova-api, the length of the part that was passed on.
   */
  get length(): number {
    const forwarded = this.nova?.upstream?.bodyLength ?? 0;
    if (forwarded > 0) return forwarded;
    return this.method === 'HEAD' ? 0 : Number(this.reply.getHeader('content-length') ?? 0);
  }

  /** The microversion; undefined if the request has none, for example after a 401. */
  get microversion(): string | undefined {
    return this.nova?.version?.toString();
  }

  /** The view that the response contains; undefined if it contains none, for example because it is an error. */
  get view(): 'external' | 'internal' | undefined {
    const { statusCode } = this.reply.raw;
    return statusCode < 300 ? this.nova?.access?.view : undefined;
  }
}
