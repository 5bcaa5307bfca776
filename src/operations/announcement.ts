import type { AddressInfo } from 'node:net';
import type { Log } from './log/open-log.js';

type Address = Pick<AddressInfo, 'address' | 'port'>;

/**
 * Says in the log where the service listens, at whatever level: whoever started it may wait for this line.
 *
 * @param operations where it is told how it is, if that is another port
 */
export function announce(
  log: Log,
  service: Address,
  isSecure: boolean,
  operations: Address | undefined,
): void {
  const more = operations === undefined ? '' : `; operations at http://${hostOf(operations)}`;
  const always = log.child({ logger: 'Service' }, { level: 'info' });
  always.info(
    `nova-action-log listens on ${isSecure ? 'https' : 'http'}://${hostOf(service)}; documentation at /docs${more}`,
  );
}

function hostOf({ address, port }: Address): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
