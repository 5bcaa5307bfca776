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

/**
 * Returns true if services may record actions over HTTP. These actions are in tables that only this service writes. So
 * a service beside Nova and a facade may serve such requests, too.
 */
export function servesRecording({
  HTTP_RECORDING,
  NOVA_API_DATABASE_URL,
}: Pick<Settings, 'HTTP_RECORDING' | 'NOVA_API_DATABASE_URL'>): boolean {
  return HTTP_RECORDING === 'auto' ? NOVA_API_DATABASE_URL === undefined : HTTP_RECORDING === 'on';
}
