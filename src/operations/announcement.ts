import type { AddressInfo } from 'node:net';
import type { Settings } from '../config/settings.js';
import type { Log } from './log/open-log.js';

type Address = Pick<AddressInfo, 'address' | 'port'>;

/**
 * Logs the addresses on which the service listens. The line appears at every LOG_LEVEL, because programs that start the
 * service wait for it.
 *
 * @param operations the address of OPERATIONS_PORT, if it is set
 */
export function announce(
  log: Log,
  service: Address,
  { TLS_CERTIFICATE, DOCUMENTATION: hasDocumentation }: Pick<Settings, 'TLS_CERTIFICATE' | 'DOCUMENTATION'>,
  operations: Address | undefined,
): void {
  const pages = hasDocumentation ? 'documentation at /docs' : 'no documentation';
  const more = operations === undefined ? '' : `; operations at http://${hostOf(operations)}`;
  const alwaysEnabled = log.child({ logger: 'Service' }, { level: 'info' });
  alwaysEnabled.info(
    `nova-action-log listens on ${TLS_CERTIFICATE !== undefined ? 'https' : 'http'}://${hostOf(service)}; ${pages}${more}`,
  );
}

function hostOf({ address, port }: Address): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** Logs that the recorder has started, at every LOG_LEVEL. @param operations the address of OPERATIONS_PORT, if it is set */
export function announceRecorder(log: Log, operations: Address | undefined): void {
  const at =
    operations === undefined ? 'without OPERATIONS_PORT' : `operations at http://${hostOf(operations)}`;
  const alwaysEnabled = log.child({ logger: 'Recorder' }, { level: 'info' });
  alwaysEnabled.info(`nova-action-log records; ${at}`);
}
