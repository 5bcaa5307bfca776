import { Injectable } from '@nestjs/common';
import { Counter, Histogram } from 'prom-client';
import { type KeystoneCall, keystoneCalls } from '../../identity/keystone/keystone-http.js';
import { type TokenLookup, tokenLookups } from '../../identity/keystone/token-cache.js';
import { BUCKETS, MetricsRegistry, PREFIX } from './metric-parts.js';

/** Metrics of authentication: token lookups and requests to Keystone. */
@Injectable()
export class IdentityMetrics {
  private readonly lookups: Counter;
  private readonly calls: Histogram;

  constructor(registry: MetricsRegistry) {
    const registers = [registry];
    this.lookups = new Counter({
      name: `${PREFIX}token_lookups_total`,
      help: 'Token lookups, by result: hit (cached as valid), unknown (cached as invalid), shared (waits for a validation in progress), miss (sends a request to Keystone), refused (too many requests to Keystone are in progress).',
      labelNames: ['result'],
      registers,
    });
    this.calls = new Histogram({
      name: `${PREFIX}keystone_call_duration_seconds`,
      help: 'Duration of requests to Keystone, by query (discovery, sign_in, validation) and outcome (status of the response, or timeout, malformed, unreachable).',
      labelNames: ['query', 'outcome'],
      buckets: BUCKETS,
      registers,
    });
  }

  /** Starts to count token lookups and requests to Keystone. @returns a function that stops the counting */
  listen(): () => void {
    const results = new Map(
      (['hit', 'unknown', 'shared', 'miss', 'refused'] as const).map((result) => [
        result,
        this.lookups.labels(result),
      ]),
    );
    const lookedUp = (result: TokenLookup): void => {
      results.get(result)?.inc();
    };
    const called = ({ kind, outcome, seconds }: KeystoneCall): void => {
      this.calls.observe({ query: kind, outcome: outcomeLabel(outcome) }, seconds);
    };
    tokenLookups.subscribe(lookedUp);
    keystoneCalls.subscribe(called);
    return () => {
      tokenLookups.unsubscribe(lookedUp);
      keystoneCalls.unsubscribe(called);
    };
  }
}

/** Returns the outcome as a label. A status that is not valid HTTP, which a faulty proxy may send, becomes `other`. */
function outcomeLabel(outcome: KeystoneCall['outcome']): string {
  return typeof outcome === 'number' && (outcome < 100 || outcome > 599) ? 'other' : String(outcome);
}
