import { describe, expect, it } from '@jest/globals';
import { AggregatorRegistry } from 'prom-client';
import { MetricsRegistry } from './metric-parts.js';
import { ProcessMetrics } from './process-metrics.js';

describe('the lag of the event loop', () => {
  it('the lag of the event loop of several workers is that of the slowest one', async () => {
    const registry = new MetricsRegistry();
    new ProcessMetrics(registry);
    const share = (await registry.getMetricsAsJSON()).filter(
      ({ name }) => name === 'nodejs_eventloop_lag_p99_seconds',
    );
    const shares = [0.02, 0.9, 0.01].map((value) =>
      share.map((metric) => ({ ...metric, values: [{ value, labels: {} }] })),
    );
    const text = await AggregatorRegistry.aggregate(shares).metrics();
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds 0.9\n');
  });
});
