import type { FastifyReply, FastifyRequest } from 'fastify';
import { workSlot } from '../../common/work-slots.js';
import type { Settings } from '../../config/settings.js';
import { RequestTooLarge, ServiceUnavailable, UriTooLong } from '../../nova/fault/faults.js';
import { Admission, type Destination } from '../../nova/pipeline/admission.hook.js';
import { hasBody } from '../../common/http/unread-body.js';
import type { EventLoopDelay } from './event-loop-delay.js';
import type { RateLimit } from './rate-limit.js';

/** How long the rest of an unread body may take to arrive after the response, in milliseconds. */
const UNREAD_BODY_TIME_LIMIT = 5_000;

/** Takes requests within the limits that the settings give. What operators ask, health above all, is never shed. */
export class AdmissionByLimits extends Admission {
  /** @param rateLimit none if undefined */
  constructor(
    private readonly settings: Settings,
    private readonly loop: Pick<EventLoopDelay, 'delay'>,
    private readonly rateLimit: RateLimit | undefined,
  ) {
    super();
  }

  override onArrival(request: FastifyRequest, reply: FastifyReply, destination: Destination): void {
    const { originalUrl, raw } = request;
    // As it was sent: the one that routes are found by may be longer.
    if (originalUrl.length > this.settings.MAX_URL_LENGTH) throw new UriTooLong();
    if (destination !== 'operations' && this.isOverloaded) throw new ServiceUnavailable();
    if (destination === 'upstream') return; // its bodies are read, and limited, by Nova
    if (!hasBody(raw)) return;
    giveUpUnread(request, reply);
    if (Number(raw.headers['content-length'] ?? 0) > this.settings.MAX_BODY_SIZE) throw new RequestTooLarge();
  }

  override turn(destination: Destination): Promise<void> | undefined {
    return destination === 'operations' ? undefined : this.inTime(workSlot());
  }

  /** A request that has waited for as long as timers may be late has no time left to be answered. */
  private inTime(turn: Promise<void> | undefined): Promise<void> | undefined {
    const { MAX_EVENT_LOOP_DELAY: most } = this.settings;
    if (turn === undefined || most === 0) return turn;
    const arrived = performance.now();
    return turn.then(() => {
      if (performance.now() - arrived > most) throw new ServiceUnavailable();
    });
  }

  private get isOverloaded(): boolean {
    const { MAX_EVENT_LOOP_DELAY: most } = this.settings;
    return most > 0 && this.loop.delay > most;
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

/** Nobody reads the body. It may come for a while after the answer, so that the client gets to read that; then it is cut off. */
function giveUpUnread({ raw }: FastifyRequest, reply: FastifyReply): void {
  reply.raw.once('finish', () => {
    if (raw.complete) return;
    const timer = setTimeout(() => raw.socket.destroy(), UNREAD_BODY_TIME_LIMIT).unref();
    raw.once('close', () => {
      clearTimeout(timer);
    });
  });
}
