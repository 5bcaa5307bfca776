import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { type SearchEvent, searchEvents } from '../../ledger/search/progress.js';
import { MetricsRegistry, PREFIX } from './metric-parts.js';

/** Metrics of the search of the log. Only a process that writes the rows of the search has them. */
@Injectable()
export class SearchMetrics {
  private last: SearchEvent | undefined;

  constructor(registry: MetricsRegistry) {
    const valueOf = (key: keyof SearchEvent): number | undefined => this.last?.[key];
    const gauge = (name: string, help: string, key: keyof SearchEvent): void => {
      new Gauge({
        ...{ name: `${PREFIX}search_${name}`, help, registers: [registry] },
        // Several workers of one service report the same value.
        aggregator: 'max',
        collect() {
          const value = valueOf(key);
          if (value === undefined) this.remove();
          else this.set(value);
        },
      });
    };
    gauge('lag_entries', 'Entries of the record that the search does not contain yet.', 'lag');
    gauge('backfill_remaining', 'Old actions that the search does not contain yet.', 'remaining');
  }

  /** Starts to update the metrics. @returns a function that stops the updates */
  listen(): () => void {
    const update = (event: SearchEvent): void => {
      this.last = event;
    };
    searchEvents.subscribe(update);
    return () => searchEvents.unsubscribe(update);
  }
}
