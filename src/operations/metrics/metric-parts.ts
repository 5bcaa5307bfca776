import { Registry } from 'prom-client';

/** What the names of the service's own metrics begin with. */
export const PREFIX = 'nova_action_log_';

/** The metrics of this process, or of this application in it. */
export class MetricsRegistry extends Registry {}

/** In seconds: an answer takes milliseconds, and two seconds at most but for what is passed on to nova-api. */
export const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 30];
