import { Logger } from '@nestjs/common';
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import type { Settings } from '../../config/settings.js';
import type { ConnectionLimits } from './connection-limit.js';

/**
 * The number of file descriptors that are not available to client connections. 32 are for the process's own files,
 * pipes and sockets (it uses 21), 32 for Keystone, 64 for OPERATIONS_PORT, 1 for Redis. Databases get the rest, 10 for
 * each.
 */
const RESERVED_DESCRIPTORS = 256;

/**
 * The default of MAX_CONNECTIONS_PER_ADDRESS, as a fraction of all connections. It is high, because one address may be
 * a load balancer that is not in TRUSTED_PROXIES; but one client cannot use all connections.
 */
const SHARE_PER_ADDRESS = 0.75;

/** The maximum number of connections to OPERATIONS_PORT. `RESERVED_DESCRIPTORS` includes their descriptors. */
export const MAX_OPERATIONS_CONNECTIONS = 64;

/**
 * Returns the number of files that the process may open (`ulimit -n`); undefined if the number is unknown or unlimited.
 */
function descriptorLimit(): number | undefined {
  let limits: string;
  try {
    limits = readFileSync('/proc/self/limits', 'utf8');
  } catch {
    // The system is not Linux.
    return undefined;
  }
  return parseDescriptorLimit(limits);
}

/** Returns the soft limit of open files; undefined if there is none. @param limits the text of `/proc/self/limits` */
export function parseDescriptorLimit(limits: string): number | undefined {
  const [, soft] = /^Max open files +(\S+)/m.exec(limits) ?? [];
  return soft === undefined || soft === 'unlimited' ? undefined : Number(soft);
}

/**
 * Returns the limits for client connections, from the settings and the limit of file descriptors. Logs a line if the
 * limit of file descriptors lowers MAX_CONNECTIONS.
 */
export function connectionLimits(settings: Settings): ConnectionLimits {
  const limit = descriptorLimit();
  const all = maxConnections(limit, settings);
  // If there are several workers, only the first one logs this.
  if (all < settings.MAX_CONNECTIONS && (cluster.isPrimary || cluster.worker?.id === 1)) {
    new Logger('Connections').warn(
      `MAX_CONNECTIONS ${settings.MAX_CONNECTIONS} is lowered to ${all}: a process may open ${limit ?? 0} files (ulimit -n)`,
    );
  }
  return {
    all,
    perAddress: settings.MAX_CONNECTIONS_PER_ADDRESS ?? Math.ceil(all * SHARE_PER_ADDRESS),
    trusted: settings.TRUSTED_PROXIES,
  };
}

/**
 * Returns the maximum number of client connections of a process: `MAX_CONNECTIONS`, or less if the process may not open
 * enough file descriptors. If the service passes requests on to nova-api, its connections to nova-api also need
 * descriptors.
 *
 * @param limit the maximum number of file descriptors; undefined if there is none
 */
export function maxConnections(
  limit: number | undefined,
  {
    MAX_CONNECTIONS,
    UPSTREAM_NOVA_URL,
    UPSTREAM_CONNECTIONS,
  }: Pick<Settings, 'MAX_CONNECTIONS' | 'UPSTREAM_NOVA_URL' | 'UPSTREAM_CONNECTIONS'>,
): number {
  if (limit === undefined) return MAX_CONNECTIONS;
  // If the limit is low, clients get half of it: with few clients, the service needs fewer reserved descriptors.
  const available = Math.max(limit - RESERVED_DESCRIPTORS, Math.floor(limit / 2));
  const possible =
    UPSTREAM_NOVA_URL === undefined
      ? available
      : Math.max(available - UPSTREAM_CONNECTIONS, Math.floor(available / 2));
  return Math.max(1, Math.min(MAX_CONNECTIONS, possible));
}
