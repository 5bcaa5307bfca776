import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { createApplication } from './application.js';
import { errorText } from './common/error-text.js';
import { loadSettings } from './config/load-settings.js';
import { SettingsError } from './config/settings-error.js';
import type { Settings } from './config/settings.js';

/** How long requests under way may take when the service is told to end, in milliseconds. */
const GRACE = 2_000;

async function listen(application: NestFastifyApplication, { HOST, PORT }: Settings): Promise<void> {
  try {
    await application.listen(PORT, HOST);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new SettingsError(`PORT ${PORT} on HOST ${HOST} cannot be listened on: ${errorText(error)}`);
  }
}

/** Ends in order on the first signal, and at once on the second. */
function endOnSignals(application: NestFastifyApplication): void {
  let ending = false;
  const end = (): void => {
    if (ending) process.exit(1);
    ending = true;
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
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

try {
  const settings = loadSettings();
  const application = await createApplication(settings);
  endOnSignals(application);
  await listen(application, settings);
  const { address, family, port } = application.getHttpServer().address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  process.stdout.write(`nova-action-log listens on http://${host}:${port}; documentation at /docs\n`);
} catch (error) {
  // A setting is the operator's to mend and one line says how; anything else is ours and needs its stack.
  const line =
    error instanceof SettingsError ? error.message : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`nova-action-log cannot start: ${line}\n`);
  process.exit(1);
}
