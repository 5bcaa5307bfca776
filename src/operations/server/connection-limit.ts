import { Logger } from '@nestjs/common';
import type { Server, Socket } from 'node:net';
import { clientNetwork } from '../../common/client-network.js';
import { throttle } from '../../common/throttle.js';
import { topic } from '../../common/topic.js';
import { trustedMatcher } from './trusted.js';

/**
 * The reason to close a new connection: too many connections, too many from its address, or no file descriptor left.
 */
export type ConnectionRejection = 'all' | 'address' | 'descriptors';

export const rejectedConnections = topic<ConnectionRejection>('rejected-connection');

/** The minimum interval between two log lines with the same reason, in milliseconds. */
const LOG_INTERVAL = 60_000;

export const REJECTION_TEXTS: Readonly<Record<ConnectionRejection, string>> = {
  all: 'MAX_CONNECTIONS are already open',
  address: 'MAX_CONNECTIONS_PER_ADDRESS are already open from one address',
  descriptors: 'the process has no file descriptor left',
};

/** The maximum numbers of open connections of a server. */
export interface ConnectionLimits {
  readonly all: number;
  readonly perAddress: number;
  /** The addresses and networks to which `perAddress` does not apply. */
  readonly trusted: readonly string[];
}

/**
 * Closes new connections immediately while a limit is reached. Node's own limit (`server.maxConnections`) cannot be
 * used with several workers: a worker above the limit passes its connections to the next worker, and so on without end.
 */
export function limitConnections(server: Server, { all, perAddress, trusted }: ConnectionLimits): void {
  const isExempt = trustedMatcher(trusted);
  const openBy = new Map<string, number>();
  const log = new Logger('Connections');
  const reports = new Map(
    Object.entries(REJECTION_TEXTS).map(([reason, text]) => [
      reason,
      throttle((count) => {
        log.warn(`closed ${count} new connections immediately: ${text}`);
      }, LOG_INTERVAL),
    ]),
  );
  const rejected = (reason: ConnectionRejection): void => {
    rejectedConnections.publish(reason);
    reports.get(reason)?.();
  };
  let open = 0;
  server.on('connection', (socket: Socket) => {
    const { remoteAddress: address = '' } = socket;
    const network = isExempt(address) ? undefined : clientNetwork(address);
    const sameNetwork = network === undefined ? 0 : (openBy.get(network) ?? 0);
    if (open >= all || sameNetwork >= perAddress) {
      socket.destroy();
      rejected(open >= all ? 'all' : 'address');
      return;
    }
    open += 1;
    if (network !== undefined) openBy.set(network, sameNetwork + 1);
    socket.once('close', () => {
      open -= 1;
      if (network === undefined) return;
      const left = (openBy.get(network) ?? 1) - 1;
      if (left > 0) openBy.set(network, left);
      else openBy.delete(network);
    });
  });
  // If there were no listener, an error of `accept` would terminate the process.
  server.on('error', () => {
    if (server.listening) rejected('descriptors');
  });
}
