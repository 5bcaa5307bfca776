import cluster from 'node:cluster';
import { loadSettings } from './config/load-settings.js';
import { SettingsError } from './config/settings-error.js';
import { Workers } from './workers.js';

try {
  const settings = loadSettings();
  if (cluster.isPrimary && settings.WORKERS > 1) {
    new Workers(settings.WORKERS).start();
  } else {
    // Not needed, and not loaded, by a process that only looks after others.
    const { serve } = await import('./serve.js');
    await serve(settings);
  }
} catch (error) {
  // A setting is the operator's to mend and one line says how; anything else is ours and needs its stack.
  const line =
    error instanceof SettingsError ? error.message : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`nova-action-log cannot start: ${line}\n`);
  process.exit(1);
}
