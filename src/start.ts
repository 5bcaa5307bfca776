import cluster from 'node:cluster';
import { loadSettings } from './config/load-settings.js';
import { failureText } from './config/settings-error.js';
import { TokenBroker } from './identity/keystone/token-broker.js';
import { growYoungGeneration, saveMemory } from './processes/save-memory.js';
import { WorkerTotals } from './processes/worker-totals.js';
import { Workers } from './processes/workers.js';

/**
 * Starts the service in this process. With several workers, starts them and replaces those that exit. If the service
 * cannot start, writes the reason to stderr and exits with code 1.
 *
 * @returns a function that shuts the service down and then ends this process
 */
export async function start(): Promise<() => void> {
  try {
    const settings = loadSettings();
    if (cluster.isPrimary && settings.WORKERS > 1) {
      if (settings.METRICS) new WorkerTotals().listen();
      if (settings.OS_AUTH_URL !== undefined) new TokenBroker().listen();
      return new Workers(settings).start();
    }
    saveMemory();
    // With source maps, stacks in the log show lines of the TypeScript files.
    process.setSourceMapsEnabled(true);
    // Imported here, because the parent of workers must not load the service: it saves memory.
    const { serve } = await import('./serve.js');
    const end = await serve(settings);
    growYoungGeneration();
    return end;
  } catch (error) {
    process.stderr.write(`nova-action-log cannot start: ${failureText(error)}\n`);
    process.exit(1);
  }
}
