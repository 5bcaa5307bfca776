import { type DynamicModule, Module } from '@nestjs/common';
import type { Settings } from '../../config/settings.js';
import { ConnectionMetrics } from './connection-metrics.js';
import { CopyMetrics } from './copy-metrics.js';
import { DatabaseMetrics } from './database-metrics.js';
import { IdentityMetrics } from './identity-metrics.js';
import { MetricsRegistry } from './metric-parts.js';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';
import { ProcessMetrics } from './process-metrics.js';
import { RecorderMetrics } from './recorder-metrics.js';
import { RequestMetrics } from './request-metrics.js';
import { SearchMetrics } from './search-metrics.js';

const PROVIDERS = [
  { provide: MetricsRegistry, useFactory: () => new MetricsRegistry() },
  RequestMetrics,
  DatabaseMetrics,
  IdentityMetrics,
  RecorderMetrics,
  ProcessMetrics,
  ConnectionMetrics,
  CopyMetrics,
  SearchMetrics,
  Metrics,
];

/**
 * Provides the metrics of the service, or nothing if METRICS is false. The server on OPERATIONS_PORT uses the `Metrics`
 * of this module.
 */
@Module({})
export class MetricsModule {
  static register({ METRICS, OPERATIONS_PORT }: Settings): DynamicModule {
    if (!METRICS) return { module: MetricsModule };
    // With OPERATIONS_PORT, `operations-server.ts` serves this controller instead.
    const controllers = OPERATIONS_PORT === undefined ? [MetricsController] : [];
    return { module: MetricsModule, controllers, providers: PROVIDERS, exports: [Metrics, RequestMetrics] };
  }
}
