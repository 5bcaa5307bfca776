import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import {
  REJECTION_TEXTS,
  type ConnectionRejection,
  rejectedConnections,
} from '../server/connection-limit.js';
import { certificatesInUse } from '../server/tls.js';
import { MetricsRegistry, PREFIX } from './metric-parts.js';

/** Metrics of connections: rejected connections, and the expiry of the TLS certificate. */
@Injectable()
export class ConnectionMetrics {
  private readonly rejected: Counter;
  private expires: Gauge | undefined;

  constructor(private readonly registry: MetricsRegistry) {
    this.rejected = new Counter({
      name: `${PREFIX}connections_refused_total`,
      help: 'Connections that the service closed immediately, by reason: all (MAX_CONNECTIONS reached), address (MAX_CONNECTIONS_PER_ADDRESS reached), descriptors (no file descriptor left).',
      labelNames: ['reason'],
      registers: [registry],
    });
    // Without a first value of 0, Prometheus' `increase` would miss the first event.
    for (const reason of Object.keys(REJECTION_TEXTS)) this.rejected.inc({ reason }, 0);
  }

  /**
   * Starts to count rejected connections and to record the expiry of the certificate. @returns a function that stops
   * both
   */
  listen(): () => void {
    const rejected = (reason: ConnectionRejection): void => {
      this.rejected.inc({ reason });
    };
    const changed = (expires: Date): void => {
      this.certificateGauge().set(expires.getTime() / 1_000);
    };
    rejectedConnections.subscribe(rejected);
    certificatesInUse.subscribe(changed);
    return () => {
      rejectedConnections.unsubscribe(rejected);
      certificatesInUse.unsubscribe(changed);
    };
  }

  /**
   * Creates the gauge of the certificate's expiry; called only if TLS is enabled. Without TLS, the gauge would remain
   * 0, and alerts would report a certificate that expired in 1970.
   */
  private certificateGauge(): Gauge {
    this.expires ??= new Gauge({
      name: `${PREFIX}tls_certificate_expiry_timestamp_seconds`,
      help: 'The earliest expiry of the certificates that new connections get, in seconds since 1970.',
      aggregator: 'min',
      registers: [this.registry],
    });
    return this.expires;
  }
}
