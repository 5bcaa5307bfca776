import { Logger } from '@nestjs/common';
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import type { Settings } from '../../config/settings.js';
import type { ConnectionLimits } from './connection-limit.js';

/**
 * Descriptors that connections of clients leave to the rest of the process: 32 for its own files, pipes and sockets (a
 * process that serves has 21), 32 connections to Keystone, 64 to the port for operators, one to Redis, and the rest for
 * databases, of which each takes 10.
 */
const RESERVE = 256;

/**
 * The share of all connections that one address may have, unless the settings say otherwise: enough for a balancer that is
 * not in TRUSTED_PROXIES, and never all.
 */
const SHARE_OF_ONE = 0.75;

/** Connections that the port for operators takes. They are part of `RESERVE`. */
export const MAX_OPERATIONS_CONNECTIONS = 64;

/** How many files the process may have open, as `ulimit -n` says: undefined where the system does not tell. */
function descriptorLimit(): number | undefined {
  let limits: string;
  try {
    limits = readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return undefined; // no Linux
  }
  return parseDescriptorLimit(limits);
}

/** @param limits the text of `/proc/self/limits` */
export function parseDescriptorLimit(limits: string): number | undefined {
  const [, soft] = /^Max open files +(\S+)/m.exec(limits) ?? [];
  return soft === undefined || soft === 'unlimited' ? undefined : Number(soft);
}

/** The limits of one server of clients, from the settings and the descriptors that the process may have. */
export function connectionLimits(settings: Settings): ConnectionLimits {
  const limit = descriptorLimit();
  const all = maxConnections(limit, settings);
  // Of several workers the first one says it for all.
  if (all < settings.MAX_CONNECTIONS && (cluster.isPrimary || cluster.worker?.id === 1)) {
    new Logger('Connections').warn(
      `MAX_CONNECTIONS ${settings.MAX_CONNECTIONS} is lowered to ${all}: a process may open ${limit ?? 0} files (ulimit -n)`,
    );
  }
  return {
    all,
    perAddress: settings.MAX_CONNECTIONS_PER_ADDRESS ?? Math.ceil(all * SHARE_OF_ONE),
    trusted: settings.TRUSTED_PROXIES,
  };
}

/**
 * The connections that a process may have open: `MAX_CONNECTIONS`, or what its descriptors allow if that is less. A
 * facade needs some for nova-api.
 *
 * @param limit of descriptors; none if undefined
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
  // Where there are few, half of them: the service has to start, and has less to do.
  const left = Math.max(limit - RESERVE, Math.floor(limit / 2));
  const possible =
    UPSTREAM_NOVA_URL === undefined ? left : Math.max(left - UPSTREAM_CONNECTIONS, Math.floor(left / 2));
  return Math.max(1, Math.min(MAX_CONNECTIONS, possible));
}
