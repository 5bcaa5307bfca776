import { expect, it } from '@jest/globals';
import { searchEvents } from '../../ledger/search/progress.js';
import { MetricsRegistry } from './metric-parts.js';
import { SearchMetrics } from './search-metrics.js';

it('the metrics of the search show its lag and the old actions that it lacks, as far as the process knows them', async () => {
  const registry = new MetricsRegistry();
  const stop = new SearchMetrics(registry).listen();
  const values = async (): Promise<(string | undefined)[]> =>
    [...(await registry.metrics()).matchAll(/^nova_action_log_search_(.*)$/gm)].map(([, line]) => line);
  expect(await values()).toEqual([]);
  searchEvents.publish({ lag: 12, remaining: 500 });
  expect(await values()).toEqual(['lag_entries 12', 'backfill_remaining 500']);
  searchEvents.publish({ lag: 0, remaining: undefined });
  expect(await values()).toEqual(['lag_entries 0']);
  stop();
  searchEvents.publish({ lag: 3, remaining: 0 });
  expect(await values()).toEqual(['lag_entries 0']);
});
