import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge } from 'prom-client';
import { VERSION } from '../../common/project.js';
import { NEWEST } from '../../nova/microversion/microversion.js';
import { policyReloads } from '../../nova/policy/policy-files.js';
import { lostLines } from '../log/open-log.js';
import { MetricsRegistry, PREFIX } from './metric-parts.js';

/** Tells of the process itself: what it is, its event loop and memory, its log, its policy files. */
@Injectable()
export class ProcessMetrics {
  private readonly reloads: Counter;
  private readonly refused: Gauge;

  constructor(registry: MetricsRegistry) {
    const registers = [registry];
    collectDefaultMetrics({ register: registry });
    // Of several workers the one that is late counts; their average would hide it.
    const lag = registry.getSingleMetric('nodejs_eventloop_lag_p99_seconds');
    if (lag !== undefined) Object.assign(lag, { aggregator: 'max' });
    this.reloads = new Counter({
      name: `${PREFIX}policy_reloads_total`,
      help: 'Policy files that changed and were read again: taken or refused.',
      labelNames: ['outcome'],
      registers,
    });
    this.refused = new Gauge({
      name: `${PREFIX}policy_files_refused`,
      help: '1 while the policy files are invalid and the previous rules are in force, else 0.',
      aggregator: 'max',
      registers,
    });
    let counted = 0;
    new Counter({
      name: `${PREFIX}log_lines_lost_total`,
      help: 'Lines of the log that were dropped, because their reader was too slow.',
      registers,
      collect() {
        this.inc(lostLines() - counted);
        counted = lostLines();
      },
    });
    new Gauge({
      name: `${PREFIX}build_info`,
      help: 'Always 1; which version of the service this is.',
      labelNames: ['version', 'node', 'newest_microversion'],
      aggregator: 'first',
      registers,
    }).set({ version: VERSION, node: process.version, newest_microversion: NEWEST.toString() }, 1);
    new Gauge({ name: `${PREFIX}processes`, help: 'Processes that serve.', registers }).set(1);
  }

  /** @returns ends it */
  listen(): () => void {
    const outcomes = { accepted: this.reloads.labels('accepted'), rejected: this.reloads.labels('rejected') };
    const reloaded = (outcome: 'accepted' | 'rejected'): void => {
      outcomes[outcome].inc();
      this.refused.set(Number(outcome === 'rejected'));
    };
    policyReloads.subscribe(reloaded);
    return () => policyReloads.unsubscribe(reloaded);
  }
}
