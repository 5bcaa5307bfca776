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
 * Serves in this process.
 *
 * @param more modules beyond those of every deployment
 * @returns ends it, and the process with it
 * @throws SettingsError for settings that it cannot work with
 */
export async function serve(settings: Settings, more: readonly Type[] = []): Promise<() => void> {
  const log = await openLog(settings);
  process.on('uncaughtExceptionMonitor', (error) => {
    log.fatal({ error }, 'the process ends at an error that nothing caught');
  });
  const application = await createApplication(settings, more);
  const { HOST, PORT, OPERATIONS_HOST, OPERATIONS_PORT } = settings;
  const operations = OPERATIONS_PORT === undefined ? undefined : await createOperationsServer(application);
  if (OPERATIONS_PORT !== undefined && operations !== undefined) {
    await listen(operations, ['OPERATIONS_PORT', OPERATIONS_PORT], ['OPERATIONS_HOST', OPERATIONS_HOST], log);
  }
  await listen(application, ['PORT', PORT], ['HOST', HOST], log);
  reportServing();
  // The first of several workers reports the address.
  if (cluster.isPrimary || cluster.worker?.id === 1) {
    announce(
      log,
      addressOf(application),
      settings,
      operations === undefined ? undefined : addressOf(operations),
    );
  }
  return () => void endInOrder(application, operations, settings);
}

/** Two settings with their names. */
async function listen(
  application: NestFastifyApplication,
  [portName, port]: readonly [string, number],
  [hostName, host]: readonly [string, string],
  log: Log,
): Promise<void> {
  const address = await addressToListenOn(host);
  if (address !== host && host !== 'localhost')
    log.warn(`this machine has no IPv6: ${hostName} ${host} means ${address} here`);
  try {
    await application.listen(port, address);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new SettingsError(
      `${portName} ${port} on ${hostName} ${host} cannot be listened on: ${errorText(error)}`,
    );
  }
}

function addressOf(application: NestFastifyApplication): AddressInfo {
  return application.getHttpServer().address() as AddressInfo;
}

/** Graceful shutdown: report not ready, drain requests, close connections. If a step hangs, the process ends all the same. */
async function endInOrder(
  application: NestFastifyApplication,
  operations: NestFastifyApplication | undefined,
  { SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT }: Settings,
): Promise<void> {
  setTimeout(
    () => {
      process.stderr.write('nova-action-log did not stop in time: a connection or a pool does not close\n');
      process.exit(1);
    },
    (SHUTDOWN_DELAY + SHUTDOWN_TIMEOUT) * 1000 + SHUTDOWN_MARGIN,
  );
  application.get(Lifecycle).stop();
  try {
    const cut = await drain(application.getHttpServer(), SHUTDOWN_DELAY * 1000, SHUTDOWN_TIMEOUT * 1000);
    if (cut > 0) process.stderr.write(`nova-action-log ends with ${cut} requests unanswered\n`);
    operations?.getHttpServer().closeAllConnections();
    await operations?.close();
    await application.close();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`nova-action-log cannot end in order: ${errorText(error)}\n`);
    process.exit(1);
  }
}
