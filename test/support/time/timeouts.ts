/**
 * Settings with which a service does not reject requests because the machine that runs the tests is busy. They apply to
 * all services that tests start. Tests in which a peer is unreachable or slow set DEFAULT_TIMEOUTS instead.
 */
export const LONG_TIMEOUTS = {
  DATABASE_TIMEOUT: '60000',
  KEYSTONE_TIMEOUT: '60000',
  MAX_EVENT_LOOP_DELAY: '0',
} as const;

/** The service's default time limits: an empty setting counts as absent. */
export const DEFAULT_TIMEOUTS = { DATABASE_TIMEOUT: '', KEYSTONE_TIMEOUT: '' } as const;
