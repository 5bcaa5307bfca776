import type { FastifyReply, FastifyRequest } from 'fastify';
import { workSlot } from '../../common/work-slots.js';
import type { Settings } from '../../config/settings.js';
import { RequestTooLarge, ServiceUnavailable, UriTooLong } from '../../nova/fault/faults.js';
import { Admission, type Destination } from '../../nova/pipeline/admission.hook.js';
import { hasBody } from '../../common/http/unread-body.js';
import type { EventLoopDelay } from './event-loop-delay.js';
import type { RateLimit } from './rate-limit.js';

/**
 * If the service responds without reading the body, the client may send the rest of the body for this time, in
 * milliseconds.
 */
const UNREAD_BODY_TIMEOUT = 5_000;

/**
 * Applies the limits of the settings to requests. Accepts health checks and requests for metrics even if the service is
 * overloaded.
 */
export class AdmissionByLimits extends Admission {
  /** @param rateLimit the rate limit; undefined if none is configured */
  constructor(
    private readonly settings: Settings,
    private readonly loop: Pick<EventLoopDelay, 'delay'>,
    private readonly rateLimit: RateLimit | undefined,
  ) {
    super();
  }

  override onArrival(request: FastifyRequest, reply: FastifyReply, destination: Destination): void {
    const { originalUrl, raw, routeOptions } = request;
    // This is the URL that the client sent. `request.url`, which is used for routing, may be longer.
    if (originalUrl.length > this.settings.MAX_URL_LENGTH) throw new UriTooLong();
    if (destination !== 'operations' && this.isOverloaded) throw new ServiceUnavailable();
    // nova-api itself limits the size of the body.
    if (destination === 'upstream') return;
    if (!hasBody(raw)) return;
    limitUnreadBody(request, reply);
    if (routeOptions.config.readsLines === true) return;
    if (Number(raw.headers['content-length'] ?? 0) > this.settings.MAX_BODY_SIZE) throw new RequestTooLarge();
  }

  override waitForSlot(destination: Destination): Promise<void> | undefined {
    return destination === 'operations' ? undefined : this.rejectLate(workSlot());
  }

  /** Rejects a request with 503 if it has waited for its slot longer than MAX_EVENT_LOOP_DELAY. */
  private rejectLate(slot: Promise<void> | undefined): Promise<void> | undefined {
    const { MAX_EVENT_LOOP_DELAY: maxDelay } = this.settings;
    if (slot === undefined || maxDelay === 0) return slot;
    const arrived = performance.now();
    return slot.then(() => {
      if (performance.now() - arrived > maxDelay) throw new ServiceUnavailable();
    });
  }

  private get isOverloaded(): boolean {
    const { MAX_EVENT_LOOP_DELAY: maxDelay } = this.settings;
    return maxDelay > 0 && this.loop.delay > maxDelay;
  }

  override beforeIdentity(
    request: FastifyRequest,
    reply: FastifyReply,
    isCached: () => boolean,
  ): Promise<void> | undefined {
    if (this.rateLimit === undefined || isCached()) return undefined;
    return this.rateLimit.checkAddress(request, reply);
  }

  override afterIdentity(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined {
    return this.rateLimit?.count(request, reply);
  }
}

/**
 * Closes the connection if the client needs too long to send the rest of a body that the service does not read.
 * Immediately after the response, the service must not close it: the system resets a connection that is closed with
 * unread data, and the response could be lost.
 */
function limitUnreadBody({ raw }: FastifyRequest, reply: FastifyReply): void {
  reply.raw.once('finish', () => {
    if (raw.complete) return;
    const timer = setTimeout(() => raw.socket.destroy(), UNREAD_BODY_TIMEOUT).unref();
    raw.once('close', () => {
      clearTimeout(timer);
    });
  });
}
