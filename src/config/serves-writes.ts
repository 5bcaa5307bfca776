import type { Settings } from './settings.js';

/**
 * Returns true if the service serves routes that write, because it has its own store. Beside Nova, the service only
 * reads. A facade passes requests that write to nova-api.
 */
export function servesWrites({
  NOVA_API_DATABASE_URL,
  UPSTREAM_NOVA_URL,
}: Pick<Settings, 'NOVA_API_DATABASE_URL' | 'UPSTREAM_NOVA_URL'>): boolean {
  return NOVA_API_DATABASE_URL === undefined && UPSTREAM_NOVA_URL === undefined;
}
