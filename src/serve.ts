import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import cluster from 'node:cluster';
import { createApplication } from './application.js';
import { errorText } from './common/error-text.js';
import type { Settings } from './config/settings.js';
import { announce } from './operations/announcement.js';
import { listen } from './operations/listen.js';
import { openLog } from './operations/log/open-log.js';
import { Lifecycle } from './operations/server/lifecycle.js';
import { type OperationsServer, startOperationsServer } from './operations/operations-server.js';
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
  const application = await createApplication(settings, log, more);
  const { HOST, PORT } = settings;
  const operations = await startOperationsServer(application, log);
  const address = await listen(application, ['PORT', PORT], ['HOST', HOST], log);
  reportServing();
  // If there are several workers, only the first one logs the address of the service.
  if (cluster.isPrimary || cluster.worker?.id === 1) {
    announce(log, address, settings, operations?.address);
  }
  return () => void shutDown(application, operations, settings);
}

/**
 * Shuts the service down gracefully. The readiness check first fails. The service then waits for requests in progress,
 * closes its connections, and ends the process. If a step hangs, the process ends after a time limit.
 */
async function shutDown(
  application: NestFastifyApplication,
  operations: OperationsServer | undefined,
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
    await operations?.close();
    await application.close();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`nova-action-log failed to shut down: ${errorText(error)}\n`);
    process.exit(1);
  }
}
