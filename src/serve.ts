import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import cluster from 'node:cluster';
import type { AddressInfo } from 'node:net';
import { createApplication } from './application.js';
import { errorText } from './common/error-text.js';
import { SettingsError } from './config/settings-error.js';
import type { Settings } from './config/settings.js';
import { addressToListenOn } from './operations/server/address-to-listen-on.js';
import { announce } from './operations/announcement.js';
import { type Log, openLog } from './operations/log/open-log.js';
import { Lifecycle } from './operations/server/lifecycle.js';
import { createOperationsServer } from './operations/operations-server.js';
import { drain } from './operations/server/drain.js';
import { SHUTDOWN_MARGIN, reportServing } from './processes/workers.js';

/**
 * Starts the service in this process.
 *
 * @param more modules that the service serves in addition to those in `src/modules.ts`
 * @returns a function that shuts the service down and then ends the process
 * @throws SettingsError if the service cannot start with these settings
 */
export async function serve(settings: Settings, more: readonly Type[] = []): Promise<() => void> {
  const log = await openLog(settings);
  process.on('uncaughtExceptionMonitor', (error) => {
    log.fatal({ error }, 'an uncaught error terminates the process');
  });
  const application = await createApplication(settings, more);
  const { HOST, PORT, OPERATIONS_HOST, OPERATIONS_PORT } = settings;
  const operations = OPERATIONS_PORT === undefined ? undefined : await createOperationsServer(application);
  if (OPERATIONS_PORT !== undefined && operations !== undefined) {
    await listen(operations, ['OPERATIONS_PORT', OPERATIONS_PORT], ['OPERATIONS_HOST', OPERATIONS_HOST], log);
  }
  await listen(application, ['PORT', PORT], ['HOST', HOST], log);
  reportServing();
  // If there are several workers, only the first one logs the address of the service.
  if (cluster.isPrimary || cluster.worker?.id === 1) {
    announce(
      log,
      addressOf(application),
      settings,
      operations === undefined ? undefined : addressOf(operations),
    );
  }
  return () => void shutDown(application, operations, settings);
}

/**
 * Listens on a port and a host. The error message contains the names of their settings.
 *
 * @throws SettingsError if the operating system does not permit the service to listen there
 */
async function listen(
  application: NestFastifyApplication,
  [portName, port]: readonly [string, number],
  [hostName, host]: readonly [string, string],
  log: Log,
): Promise<void> {
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
}

function addressOf(application: NestFastifyApplication): AddressInfo {
  return application.getHttpServer().address() as AddressInfo;
}

/**
 * Shuts the service down gracefully. The readiness check first fails. The service then waits for requests in progress,
 * closes its connections, and ends the process. If a step hangs, the process ends after a time limit.
 */
async function shutDown(
  application: NestFastifyApplication,
  operations: NestFastifyApplication | undefined,
  { SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT }: Settings,
): Promise<void> {
  setTimeout(
    () => {
      process.stderr.write(
        'nova-action-log did not shut down in time: a connection or a pool did not close\n',
      );
      process.exit(1);
    },
    (SHUTDOWN_DELAY + SHUTDOWN_TIMEOUT) * 1000 + SHUTDOWN_MARGIN,
  );
  application.get(Lifecycle).stop();
  try {
    const unfinished = await drain(
      application.getHttpServer(),
      SHUTDOWN_DELAY * 1000,
      SHUTDOWN_TIMEOUT * 1000,
    );
    if (unfinished > 0) {
      process.stderr.write(`nova-action-log shuts down with unfinished requests: ${unfinished}\n`);
    }
    operations?.getHttpServer().closeAllConnections();
    await operations?.close();
    await application.close();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`nova-action-log failed to shut down: ${errorText(error)}\n`);
    process.exit(1);
  }
}
