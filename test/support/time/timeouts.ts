/**
 * Settings with which a service does not refuse requests because the machine that runs the tests is busy. They apply to
 * all services that tests start. A test of what happens when something is unreachable or slow takes AS_SHIPPED instead.
 */
export const LONG_TIMEOUTS = {
  DATABASE_TIMEOUT: '60000',
  KEYSTONE_TIMEOUT: '60000',
  MAX_EVENT_LOOP_DELAY: '0',
} as const;

/** The time limits that the service has by default; an empty setting counts as none. */
export const DEFAULT_TIMEOUTS = { DATABASE_TIMEOUT: '', KEYSTONE_TIMEOUT: '' } as const;
