import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { REFUSAL_TEXTS, type RefusedConnection, refusedConnections } from '../server/connection-limit.js';
import { certificatesInUse } from '../server/tls.js';
import { MetricsRegistry, PREFIX } from './metric-parts.js';

/** Counts connections that the service closed at once, and tells when the certificate for new ones expires. */
@Injectable()
export class ConnectionMetrics {
  private readonly refused: Counter;
  private expires: Gauge | undefined;

  constructor(private readonly registry: MetricsRegistry) {
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
    const taken = (expires: Date): void => {
      this.certificateGauge().set(expires.getTime() / 1_000);
    };
    refusedConnections.subscribe(refused);
    certificatesInUse.subscribe(taken);
    return () => {
      refusedConnections.unsubscribe(refused);
      certificatesInUse.unsubscribe(taken);
    };
  }

  /** Exists only with TLS: a gauge begins with 0, and a certificate that expired in 1970 would raise an alert. */
  private certificateGauge(): Gauge {
    this.expires ??= new Gauge({
      name: `${PREFIX}tls_certificate_expiry_timestamp_seconds`,
      help: 'The earliest expiry in the certificate chain for new connections, in seconds since 1970.',
      aggregator: 'min',
      registers: [this.registry],
    });
    return this.expires;
  }
}
