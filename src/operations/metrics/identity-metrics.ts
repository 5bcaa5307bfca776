import { Injectable } from '@nestjs/common';
import { Counter, Histogram } from 'prom-client';
import { type KeystoneCall, keystoneCalls } from '../../identity/keystone/keystone-http.js';
import { type TokenLookup, tokenLookups } from '../../identity/keystone/token-cache.js';
import { BUCKETS, MetricsRegistry, PREFIX } from './metric-parts.js';

/** Tells how callers are found out about. */
@Injectable()
export class IdentityMetrics {
  private readonly lookups: Counter;
  private readonly calls: Histogram;

  constructor(registry: MetricsRegistry) {
    const registers = [registry];
    this.lookups = new Counter({
      name: `${PREFIX}token_lookups_total`,
      help: 'Token lookups: hit (cached as valid), unknown (cached as invalid), shared (another request already asks Keystone), miss (asks Keystone), refused (too many requests to Keystone are in progress).',
      labelNames: ['result'],
      registers,
    });
    this.calls = new Histogram({
      name: `${PREFIX}keystone_call_duration_seconds`,
      help: 'Calls to Keystone: discovery, sign_in or validation, by the status of the answer, or timeout, malformed, unreachable.',
      labelNames: ['question', 'outcome'],
      buckets: BUCKETS,
      registers,
    });
  }

  /** @returns ends it */
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
      this.calls.observe({ question: kind, outcome: outcomeLabel(outcome) }, seconds);
    };
    tokenLookups.subscribe(lookedUp);
    keystoneCalls.subscribe(called);
    return () => {
      tokenLookups.unsubscribe(lookedUp);
      keystoneCalls.unsubscribe(called);
    };
  }
}

/** A proxy before Keystone may answer with any number. */
function outcomeLabel(outcome: KeystoneCall['outcome']): string {
  return typeof outcome === 'number' && (outcome < 100 || outcome > 599) ? 'other' : String(outcome);
}
