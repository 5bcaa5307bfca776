import { Logger } from '@nestjs/common';
import type { Server, Socket } from 'node:net';
import { clientNetwork } from '../../common/client-network.js';
import { throttle } from '../../common/throttle.js';
import { topic } from '../../common/topic.js';
import { trustedMatcher } from './trusted.js';

/** Why the service closes a connection at once: too many in all, too many from one address, or no file descriptor left. */
export type RefusedConnection = 'all' | 'address' | 'descriptors';

export const refusedConnections = topic<RefusedConnection>('refused-connection');

/** The log has at most one line for each reason in this period, in milliseconds. */
const LOG_INTERVAL = 60_000;

export const REFUSAL_TEXTS: Readonly<Record<RefusedConnection, string>> = {
  all: 'MAX_CONNECTIONS are open',
  address: 'MAX_CONNECTIONS_PER_ADDRESS are open from its address',
  descriptors: 'the process has no file descriptor left',
};

/** How many connections a server accepts. */
export interface ConnectionLimits {
  readonly all: number;
  readonly perAddress: number;
  /** Addresses and networks to which `perAddress` does not apply. */
  readonly trusted: readonly string[];
}

/**
 * Closes new connections at once while a limit is reached. Node's own limit does not work for workers: each hands its
 * excess connections to the next one, without end.
 */
export function limitConnections(server: Server, { all, perAddress, trusted }: ConnectionLimits): void {
  const isExempt = trustedMatcher(trusted);
  const openBy = new Map<string, number>();
  const log = new Logger('Connections');
  const reports = new Map(
    Object.entries(REFUSAL_TEXTS).map(([reason, text]) => [
      reason,
      throttle((times) => {
        log.warn(`${times} connections were closed at once: ${text}`);
      }, LOG_INTERVAL),
    ]),
  );
  const refused = (reason: RefusedConnection): void => {
    refusedConnections.publish(reason);
    reports.get(reason)?.();
  };
  let open = 0;
  server.on('connection', (socket: Socket) => {
    const { remoteAddress: address = '' } = socket;
    const network = isExempt(address) ? undefined : clientNetwork(address);
    const sameNetwork = network === undefined ? 0 : (openBy.get(network) ?? 0);
    if (open >= all || sameNetwork >= perAddress) {
      socket.destroy();
      refused(open >= all ? 'all' : 'address');
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
  // Without a listener an error of `accept` would end the process.
  server.on('error', () => {
    if (server.listening) refused('descriptors');
  });
}
