import { createApplication } from './application.js';
import { loadSettings, SettingsError } from './config/load-settings.js';

try {
  const settings = loadSettings();
  const application = await createApplication(settings);
  await application.listen(settings.PORT, settings.HOST);
  process.stdout.write(`nova-action-log listens on ${await application.getUrl()}; documentation at /docs\n`);
} catch (error) {
  // A setting is the operator's to mend and one line says how; anything else is ours and needs its stack.
  const line =
    error instanceof SettingsError ? error.message : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`nova-action-log cannot start: ${line}\n`);
  process.exit(1);
}
