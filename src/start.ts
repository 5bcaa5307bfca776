import cluster from 'node:cluster';
import { setFlagsFromString } from 'node:v8';
import { loadSettings } from './config/load-settings.js';
import { failureText } from './config/settings-error.js';
import { TokenBroker } from './identity/keystone/token-broker.js';
import { WorkerTotals } from './operations/metrics/worker-totals.js';
import { Workers } from './workers.js';

/**
 * Serves in this process or, with several workers, looks after them. Ends the process where it cannot start.
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
    // Nothing of a request lives long. Where V8 guesses that something does, each such object keeps its whole request
    // until the next full collection.
    setFlagsFromString('--no-allocation-site-pretenuring');
    // What a start leaves behind, and what is kept by mistake, is looked for when there is a fifth more.
    setFlagsFromString('--heap-growing-percent=20');
    // Stacks in the log lead to the sources; there is a map of the service's own.
    process.setSourceMapsEnabled(true);
    // Not needed, and not loaded, by a process that only looks after others.
    const { serve } = await import('./serve.js');
    return await serve(settings);
  } catch (error) {
    process.stderr.write(`nova-action-log cannot start: ${failureText(error)}\n`);
    process.exit(1);
  }
}
