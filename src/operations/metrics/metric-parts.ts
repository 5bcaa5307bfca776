import { Registry } from 'prom-client';

/** The prefix of the service's own metrics. */
export const PREFIX = 'nova_action_log_';

/** The metrics of one application. Tests run several applications in one process. */
export class MetricsRegistry extends Registry {}

/**
 * Buckets for durations, in seconds. Own responses take milliseconds, at most two seconds; those of nova-api may take
 * longer.
 */
export const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 30];
