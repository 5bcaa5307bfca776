import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { errorText } from '../common/error-text.js';
import { SettingsError } from '../config/settings-error.js';
import type { Log } from './log/open-log.js';
import { addressToListenOn } from './server/address-to-listen-on.js';

/**
 * Listens on a port and a host. The error message contains the names of their settings.
 *
 * @throws SettingsError if the operating system does not permit the service to listen there
 */
export async function listen(
  application: NestFastifyApplication,
  [portName, port]: readonly [string, number],
  [hostName, host]: readonly [string, string],
  log: Log,
): Promise<AddressInfo> {
  const address = await addressToListenOn(host);
  if (address !== host && host !== 'localhost')
    log.warn(`this machine has no IPv6: the service listens on ${address} instead of ${hostName} ${host}`);
  try {
    await application.listen(port, address);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new SettingsError(
      `${portName} ${port} on ${hostName} ${host} is not available: ${errorText(error)}`,
    );
  }
  return application.getHttpServer().address() as AddressInfo;
}
