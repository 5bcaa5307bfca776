import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import cluster from 'node:cluster';
import type { AddressInfo } from 'node:net';
import { createApplication } from './application.js';
import { errorText } from './common/error-text.js';
import { SettingsError } from './config/settings-error.js';
import type { Settings } from './config/settings.js';
import { announce } from './operations/announcement.js';
import { onEnd } from './workers.js';

/** How long requests under way may take when the service is told to end, in milliseconds. */
const GRACE = 2_000;

/**
 * Serves in this process, until it is told to end.
 *
 * @throws SettingsError for settings that it cannot work with
 */
export async function serve(settings: Settings): Promise<void> {
  const application = await createApplication(settings);
  onEnd(() => {
    end(application);
  });
  await listen(application, settings);
  if (cluster.isPrimary) announce(application.getHttpServer().address() as AddressInfo);
}

async function listen(application: NestFastifyApplication, { HOST, PORT }: Settings): Promise<void> {
  try {
    await application.listen(PORT, HOST);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new SettingsError(`PORT ${PORT} on HOST ${HOST} cannot be listened on: ${errorText(error)}`);
  }
}

/** In order: what is under way is finished. */
function end(application: NestFastifyApplication): void {
  setTimeout(() => {
    application.getHttpAdapter().getInstance().server.closeAllConnections();
  }, GRACE).unref();
  void application.close().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`nova-action-log cannot end in order: ${errorText(error)}\n`);
      process.exit(1);
    },
  );
}
