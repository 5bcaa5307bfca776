import cluster from 'node:cluster';
import { loadSettings } from './config/load-settings.js';
import { failureText } from './config/settings-error.js';
import { TokenBroker } from './identity/keystone/token-broker.js';
import { growYoungGeneration, saveMemory } from './processes/save-memory.js';
import { WorkerTotals } from './processes/worker-totals.js';
import { Workers } from './processes/workers.js';

/**
 * Serves in this process or, with several workers, starts and replaces them. Exits if it cannot start.
 *
 * @returns ends the service, and this process with it
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
    // Stacks in the log lead to the sources; there is a map of the service's own.
    process.setSourceMapsEnabled(true);
    // The parent of workers does not load the service.
    const { serve } = await import('./serve.js');
    const end = await serve(settings);
    growYoungGeneration();
    return end;
  } catch (error) {
    process.stderr.write(`nova-action-log cannot start: ${failureText(error)}\n`);
    process.exit(1);
  }
}
