import type { Settings } from './settings.js';

/** The address of the service's own database if DATABASE_URL is not set. */
const DEFAULT_URL = 'sqlite://data/actions.sqlite';

/** Returns the address of the service's own database. */
export function ownStoreUrl({ DATABASE_URL = DEFAULT_URL }: Pick<Settings, 'DATABASE_URL'>): string {
  return DATABASE_URL;
}

/**
 * Returns the address of the database with the copy of Nova's rows. Returns undefined if the service uses no copy: if
 * NOVA_API_DATABASE_URL or DATABASE_URL is not set, or if COPY_FALLBACK is off.
 */
export function copyUrl({
  NOVA_API_DATABASE_URL: nova,
  DATABASE_URL: own,
  COPY_FALLBACK: fallback,
}: Pick<Settings, 'NOVA_API_DATABASE_URL' | 'DATABASE_URL' | 'COPY_FALLBACK'>): string | undefined {
  return nova === undefined || fallback === 'off' ? undefined : own;
}
