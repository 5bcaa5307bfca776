import { Registry } from 'prom-client';

/** The prefix of the service's own metrics. */
export const PREFIX = 'nova_action_log_';

/** The metrics of one application. There is one object per application, because tests run several in one process. */
export class MetricsRegistry extends Registry {}

/**
 * The upper limits of histogram buckets for durations, in seconds. This service responds within two seconds; responses
 * that it passes on from nova-api may take longer.
 */
export const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 30];
