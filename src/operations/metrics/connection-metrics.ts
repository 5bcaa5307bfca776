import { Inject, Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import { REFUSAL_TEXTS, type RefusedConnection, refusedConnections } from '../protection/connection-limit.js';
import { MetricsRegistry, PREFIX } from './metric-parts.js';

/** Counts connections that were closed at once. */
@Injectable()
export class ConnectionMetrics {
  private readonly refused: Counter;

  constructor(@Inject(MetricsRegistry) registry: MetricsRegistry) {
    this.refused = new Counter({
      name: `${PREFIX}connections_refused_total`,
      help: 'Connections that the service closed at once, by reason: all, address, descriptors.',
      labelNames: ['reason'],
      registers: [registry],
    });
    // A count that appears with its first event shows no increase.
    for (const reason of Object.keys(REFUSAL_TEXTS)) this.refused.inc({ reason }, 0);
  }

  /** @returns ends it */
  listen(): () => void {
    const refused = (reason: RefusedConnection): void => {
      this.refused.inc({ reason });
    };
    refusedConnections.subscribe(refused);
    return () => refusedConnections.unsubscribe(refused);
  }
}
