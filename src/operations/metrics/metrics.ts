import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import cluster from 'node:cluster';
import { ConnectionMetrics } from './connection-metrics.js';
import { CopyMetrics } from './copy-metrics.js';
import { DatabaseMetrics } from './database-metrics.js';
import { IdentityMetrics } from './identity-metrics.js';
import { MetricsRegistry } from './metric-parts.js';
import { ProcessMetrics } from './process-metrics.js';
import { RecorderMetrics } from './recorder-metrics.js';
import { RequestMetrics } from './request-metrics.js';
import { SearchMetrics } from './search-metrics.js';
import { WorkerMetrics } from './worker-metrics.js';

/** The metrics of the service, for Prometheus. */
@Injectable()
export class Metrics implements OnApplicationShutdown {
  readonly contentType: string;
  private readonly stopFunctions: readonly (() => void)[];
  private readonly workerMetrics: WorkerMetrics | undefined;

  constructor(
    private readonly registry: MetricsRegistry,
    requests: RequestMetrics,
    database: DatabaseMetrics,
    identity: IdentityMetrics,
    recorder: RecorderMetrics,
    processes: ProcessMetrics,
    connections: ConnectionMetrics,
    copy: CopyMetrics,
    search: SearchMetrics,
  ) {
    this.contentType = registry.contentType;
    const parts = [requests, database, identity, recorder, processes, connections, copy, search];
    this.stopFunctions = parts.map((part) => part.listen());
    this.workerMetrics = cluster.isWorker ? new WorkerMetrics(registry) : undefined;
  }

  /**
   * Returns the metrics in Prometheus' text format. If the service has several workers, each returns the totals of all
   * workers.
   */
  text(): Promise<string> {
    return this.workerMetrics === undefined ? this.registry.metrics() : this.workerMetrics.text();
  }

  onApplicationShutdown(): void {
    for (const stop of this.stopFunctions) stop();
  }
}
