import { type DynamicModule, Module } from '@nestjs/common';
import type { Settings } from '../../config/settings.js';
import { ConnectionMetrics } from './connection-metrics.js';
import { DatabaseMetrics } from './database-metrics.js';
import { IdentityMetrics } from './identity-metrics.js';
import { MetricsRegistry } from './metric-parts.js';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';
import { ProcessMetrics } from './process-metrics.js';
import { RequestMetrics } from './request-metrics.js';

const PROVIDERS = [
  { provide: MetricsRegistry, useFactory: () => new MetricsRegistry() },
  RequestMetrics,
  DatabaseMetrics,
  IdentityMetrics,
  ProcessMetrics,
  ConnectionMetrics,
  Metrics,
];

/** Counts what the service does, with METRICS. The server for operators serves the text of its `Metrics`. */
@Module({})
export class MetricsModule {
  static register({ METRICS, OPERATIONS_PORT }: Settings): DynamicModule {
    if (!METRICS) return { module: MetricsModule };
    // A deployment with a port for operators serves this controller there (`operations-server.ts`), and not here.
    const controllers = OPERATIONS_PORT === undefined ? [MetricsController] : [];
    return { module: MetricsModule, controllers, providers: PROVIDERS, exports: [Metrics, RequestMetrics] };
  }
}
