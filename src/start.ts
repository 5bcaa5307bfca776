import cluster from 'node:cluster';
import { loadSettings } from './config/load-settings.js';
import { failureText } from './config/settings-error.js';
import { TokenBroker } from './identity/keystone/token-broker.js';
import { growYoungGeneration, saveMemory } from './processes/save-memory.js';
import { WorkerTotals } from './processes/worker-totals.js';
import { Workers } from './processes/workers.js';

/**
 * Starts the service in this process. If WORKERS is more than 1, starts workers instead, and replaces workers that
 * exit. If the service cannot start, writes the reason to stderr and exits with code 1.
 *
 * @returns a function that shuts down the service and its workers, and then ends this process
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
    // With source maps, the stacks in the log contain the lines of the TypeScript files.
    process.setSourceMapsEnabled(true);
    // The import is here and not at the top of the file, because the parent process of workers does not need the
    // service. This saves memory.
    // In the built files, the order in which the parts of the service load is not that of the imports. Decorators need
    // reflect-metadata, so it loads first.
    await import('reflect-metadata');
    const { serve } = await import('./serve.js');
    const end = await serve(settings);
    growYoungGeneration();
    return end;
  } catch (error) {
    process.stderr.write(`nova-action-log cannot start: ${failureText(error)}\n`);
    process.exit(1);
  }
}
