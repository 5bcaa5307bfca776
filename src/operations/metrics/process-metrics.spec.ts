import { describe, expect, it } from '@jest/globals';
import { AggregatorRegistry } from 'prom-client';
import { MetricsRegistry } from './metric-parts.js';
import { ProcessMetrics } from './process-metrics.js';

describe('ProcessMetrics', () => {
  it('the event loop lag of several workers is the lag of the slowest worker', async () => {
    const registry = new MetricsRegistry();
    new ProcessMetrics(registry);
    const metricsOfOne = (await registry.getMetricsAsJSON()).filter(
      ({ name }) => name === 'nodejs_eventloop_lag_p99_seconds',
    );
    const metricsOfAll = [0.02, 0.9, 0.01].map((value) =>
      metricsOfOne.map((metric) => ({ ...metric, values: [{ value, labels: {} }] })),
    );
    const text = await AggregatorRegistry.aggregate(metricsOfAll).metrics();
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds 0.9\n');
  });
});
