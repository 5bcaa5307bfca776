import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import cluster from 'node:cluster';
import { ConnectionMetrics } from './connection-metrics.js';
import { DatabaseMetrics } from './database-metrics.js';
import { IdentityMetrics } from './identity-metrics.js';
import { MetricsRegistry } from './metric-parts.js';
import { ProcessMetrics } from './process-metrics.js';
import { RequestMetrics } from './request-metrics.js';
import { WorkerMetrics } from './worker-metrics.js';

/** The metrics of the service, for Prometheus. */
@Injectable()
export class Metrics implements OnApplicationShutdown {
  readonly contentType: string;
  private readonly endings: readonly (() => void)[];
  private readonly share: WorkerMetrics | undefined;

  constructor(
    private readonly registry: MetricsRegistry,
    requests: RequestMetrics,
    database: DatabaseMetrics,
    identity: IdentityMetrics,
    own: ProcessMetrics,
    connections: ConnectionMetrics,
  ) {
    this.contentType = registry.contentType;
    this.endings = [requests, database, identity, own, connections].map((part) => part.listen());
    this.share = cluster.isWorker ? new WorkerMetrics(registry) : undefined;
  }

  /** In Prometheus' text format; of all workers together, whichever of them is asked. */
  text(): Promise<string> {
    return this.share === undefined ? this.registry.metrics() : this.share.text();
  }

  onApplicationShutdown(): void {
    for (const end of this.endings) end();
  }
}
