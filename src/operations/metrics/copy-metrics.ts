import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import { type CopyReason, copyUses } from '../../nova/servers/fallback.js';
import { MetricsRegistry, PREFIX } from './metric-parts.js';

/** The metric of requests that use the copy of Nova's rows. */
@Injectable()
export class CopyMetrics {
  private readonly uses: Counter;

  constructor(registry: MetricsRegistry) {
    this.uses = new Counter({
      name: `${PREFIX}copied_responses_total`,
      help: "Requests that use the copy of Nova's rows, by reason: absent (Nova no longer has the server or the action), unreachable (a database of Nova does not respond), failed (the copy cannot be read, so the response is that of Nova).",
      labelNames: ['reason'],
      registers: [registry],
    });
  }

  /** Starts to count. @returns a function that stops the counting */
  listen(): () => void {
    const used = (reason: CopyReason): void => {
      this.uses.inc({ reason });
    };
    copyUses.subscribe(used);
    return () => {
      copyUses.unsubscribe(used);
    };
  }
}
