import { type DynamicModule, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { errorText } from './common/error-text.js';
import { ConfigModule } from './config/config.module.js';
import { SettingsError } from './config/settings-error.js';
import type { Settings } from './config/settings.js';
import { tablesOf } from './database/tables/module-with-tables.js';
import { Authenticator } from './identity/authenticator.js';
import { MODULES } from './modules.js';
import { announceRecorder } from './operations/announcement.js';
import { openLog } from './operations/log/open-log.js';
import { ServiceLogger } from './operations/log/service-logger.js';
import { MetricsModule } from './operations/metrics/metrics.module.js';
import { type OperationsServer, startOperationsServer } from './operations/operations-server.js';
import { LifecycleModule, Lifecycle } from './operations/server/lifecycle.js';
import { SHUTDOWN_MARGIN } from './processes/workers.js';
import { Recorder } from './recorder/cells/recorder.js';
import { RecorderModule } from './recorder/recorder.module.js';

/**
 * Starts the recorder in this process. It serves only the health checks and the metrics on OPERATIONS_PORT.
 *
 * @returns a function that shuts the recorder down and then exits the process
 * @throws SettingsError if the recorder cannot start with these settings
 */
export async function startRecording(settings: Settings): Promise<() => void> {
  if (settings.NOVA_API_DATABASE_URL === undefined || settings.DATABASE_URL === undefined) {
    throw new SettingsError(
      "the recorder needs NOVA_API_DATABASE_URL (Nova's API database, which it reads) and DATABASE_URL (its own database, which it writes)",
    );
  }
  const log = await openLog(settings);
  process.on('uncaughtExceptionMonitor', (error) => {
    log.fatal({ error }, 'an uncaught error terminates the process');
  });
  const context = await NestFactory.createApplicationContext(RecordingModule.forRoot(settings), {
    abortOnError: false,
    logger: new ServiceLogger(log),
  });
  const operations = await startOperationsServer(context, log);
  await context.get(Recorder).start();
  announceRecorder(log, operations?.address);
  return () => void shutDown(context, operations, settings);
}

/** The recorder has no API, so it authenticates no callers. The readiness check needs an authenticator. */
class NoCallers extends Authenticator {
  override readonly authUrl = undefined;

  override authenticate(): undefined {
    return undefined;
  }

  override isCached(): boolean {
    return true;
  }
}

@Module({})
class RecordingModule {
  static forRoot(settings: Settings): DynamicModule {
    return {
      module: RecordingModule,
      imports: [
        ConfigModule.forRoot(settings),
        RecorderModule.forRoot(settings, tablesOf(MODULES)),
        LifecycleModule,
        MetricsModule.register(settings),
      ],
      providers: [{ provide: Authenticator, useClass: NoCallers }],
    };
  }
}

/**
 * Shuts the recorder down gracefully. It stops recording, releases its leases so that another process can take over the
 * cells at once, and ends the process. If a step hangs, the process ends after SHUTDOWN_TIMEOUT.
 */
async function shutDown(
  context: INestApplicationContext,
  operations: OperationsServer | undefined,
  { SHUTDOWN_TIMEOUT }: Settings,
): Promise<void> {
  setTimeout(
    () => {
      process.stderr.write('nova-action-log did not shut down in time: a database did not respond\n');
      process.exit(1);
    },
    SHUTDOWN_TIMEOUT * 1000 + SHUTDOWN_MARGIN,
  );
  context.get(Lifecycle).stop();
  try {
    await context.get(Recorder).stop();
    await operations?.close();
    await context.close();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`nova-action-log failed to shut down: ${errorText(error)}\n`);
    process.exit(1);
  }
}
