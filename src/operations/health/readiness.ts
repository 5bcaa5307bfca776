import { HttpException, Injectable } from '@nestjs/common';
import { type HealthCheckResult, HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { withTimeout } from '../../common/with-timeout.js';
import { DatabaseStates } from '../../database/connection/database-states.js';
import { Authenticator } from '../../identity/authenticator.js';
import { Lifecycle } from '../server/lifecycle.js';
import { DrainFile } from './drain-file.js';

/** How long a result serves further requests, in milliseconds. */
const CACHE_TIME = 500;

/** How long Keystone may take to respond, in milliseconds. */
const KEYSTONE_TIME_LIMIT = 900;

type Verdict = Pick<HealthCheckResult, 'status' | 'details'>;

/**
 * Whether balancers should send requests to this replica. An unreachable part is `down` if the service can answer no
 * request without it, and else `degraded`. The service is not ready only while a part is `down`.
 */
@Injectable()
export class Readiness {
  private last: { readonly found: Promise<Verdict>; readonly until: number } | undefined;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly databases: DatabaseStates,
    private readonly authenticator: Authenticator,
    private readonly lifecycle: Lifecycle,
    private readonly drainFile: DrainFile,
  ) {}

  /** Takes a second at most. It probes the databases at most twice a second, however many requests come. */
  async check(): Promise<Verdict> {
    if (this.lifecycle.isStopping) return { status: 'shutting_down', details: {} };
    if (await this.drainFile.exists()) {
      return { status: 'error', details: { disabled_by_file: { status: 'down' } } };
    }
    if (this.last === undefined || this.last.until < performance.now()) {
      const found = this.look();
      // One check at a time.
      this.last = { found, until: Infinity };
      const done = (): void => {
        this.last = { found, until: performance.now() + CACHE_TIME };
      };
      found.then(done, done);
    }
    return this.last.found;
  }

  private async look(): Promise<Verdict> {
    const [store, hasKeystone] = await Promise.all([this.databases.health(), this.hasKeystone()]);
    const parts = store.databases.map((database) => ({ ...database, isNeeded: !store.isUsable }));
    // Without Keystone callers with cached tokens still get answers, so no replica is taken out of service.
    if (hasKeystone !== undefined) parts.push({ name: 'keystone', isUp: hasKeystone, isNeeded: false });
    return this.verdict(
      parts.map(({ name, isUp, isNeeded }) => () => {
        const indicator = this.indicators.check(name);
        return isUp ? indicator.up() : isNeeded ? indicator.down() : indicator.degraded();
      }),
    );
  }

  /** Undefined without Keystone. */
  private async hasKeystone(): Promise<boolean | undefined> {
    const asked = this.authenticator.isReachable();
    return asked && withTimeout(KEYSTONE_TIME_LIMIT, asked).catch(() => false);
  }

  /** Terminus throws the result of a failed check. */
  private async verdict(indicators: Parameters<HealthCheckService['check']>[0]): Promise<Verdict> {
    try {
      return await this.health.check(indicators);
    } catch (error) {
      if (error instanceof HttpException) return error.getResponse() as HealthCheckResult;
      throw error;
    }
  }
}
