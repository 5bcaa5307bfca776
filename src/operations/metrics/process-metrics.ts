import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge } from 'prom-client';
import { VERSION } from '../../common/project.js';
import { NEWEST_MICROVERSION } from '../../nova/microversion/microversion.js';
import { policyReloads } from '../../nova/policy/policy-files.js';
import { lostLines } from '../log/open-log.js';
import { MetricsRegistry, PREFIX } from './metric-parts.js';

/** Metrics of the process: version, event loop, memory, log and policy files. */
@Injectable()
export class ProcessMetrics {
  private readonly reloads: Counter;
  private readonly refused: Gauge;

  constructor(registry: MetricsRegistry) {
    const registers = [registry];
    collectDefaultMetrics({ register: registry });
    // With several workers, the metric is the highest value of all workers. prom-client's default, the average, would
    // hide one slow worker.
    const lag = registry.getSingleMetric('nodejs_eventloop_lag_p99_seconds');
    if (lag !== undefined) Object.assign(lag, { aggregator: 'max' });
    this.reloads = new Counter({
      name: `${PREFIX}policy_reloads_total`,
      help: 'Reloads of changed policy files, by outcome: accepted or rejected.',
      labelNames: ['outcome'],
      registers,
    });
    this.refused = new Gauge({
      name: `${PREFIX}policy_files_refused`,
      help: '1 while the policy files are invalid and the service uses the previous rules, else 0.',
      aggregator: 'max',
      registers,
    });
    let counted = 0;
    new Counter({
      name: `${PREFIX}log_lines_lost_total`,
      help: 'Log lines that the service dropped because the reader of its output was too slow or failed.',
      registers,
      collect() {
        this.inc(lostLines() - counted);
        counted = lostLines();
      },
    });
    new Gauge({
      name: `${PREFIX}build_info`,
      help: 'Always 1. The labels are the versions of the service and of Node, and the newest microversion.',
      labelNames: ['version', 'node', 'newest_microversion'],
      aggregator: 'first',
      registers,
    }).set(
      { version: VERSION, node: process.version, newest_microversion: NEWEST_MICROVERSION.toString() },
      1,
    );
    new Gauge({ name: `${PREFIX}processes`, help: 'Processes that serve requests.', registers }).set(1);
  }

  /** Starts to update the metrics. @returns a function that stops the updates */
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
