/**
 * Long time limits for all services that tests start, so that a service on a busy machine rejects no request. Tests
 * with an unreachable or slow server use DEFAULT_TIMEOUTS instead.
 */
export const LONG_TIMEOUTS = {
  DATABASE_TIMEOUT: '60000',
  KEYSTONE_TIMEOUT: '60000',
  MAX_EVENT_LOOP_DELAY: '0',
} as const;

/** Settings with which a service uses its default time limits. An empty setting is the same as an absent one. */
export const DEFAULT_TIMEOUTS = { DATABASE_TIMEOUT: '', KEYSTONE_TIMEOUT: '' } as const;
