import type { AddressInfo } from 'node:net';

/** Says on standard output where the service listens: whoever started it may wait for this line. */
export function announce({ address, port }: Pick<AddressInfo, 'address' | 'port'>): void {
  const host = address.includes(':') ? `[${address}]` : address;
  process.stdout.write(`nova-action-log listens on http://${host}:${port}; documentation at /docs\n`);
}
