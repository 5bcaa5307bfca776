import { HttpException, Injectable } from '@nestjs/common';
import { type HealthCheckResult, HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { withTimeout } from '../../common/with-timeout.js';
import { DatabaseStates } from '../../database/connection/database-states.js';
import { Authenticator } from '../../identity/authenticator.js';
import { Lifecycle } from '../server/lifecycle.js';
import { DrainFile } from './drain-file.js';

/** Milliseconds for which a result is cached. */
const CACHE_TIME = 500;

/** Milliseconds after which Keystone counts as unreachable. */
const KEYSTONE_TIMEOUT = 900;

type ReadinessResult = Pick<HealthCheckResult, 'status' | 'details'>;

/**
 * The readiness of this replica: load balancers should send requests to this replica only while it is ready. An
 * unreachable database is `down` if the service can serve no request without it. Other unreachable parts are
 * `degraded`. The replica is not ready while a part is `down`.
 */
@Injectable()
export class Readiness {
  private last: { readonly result: Promise<ReadinessResult>; readonly validUntil: number } | undefined;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly databases: DatabaseStates,
    private readonly authenticator: Authenticator,
    private readonly lifecycle: Lifecycle,
    private readonly drainFile: DrainFile,
  ) {}

  /**
   * Returns a result within a second. For any number of calls, the method probes the databases at most twice a second.
   */
  async check(): Promise<ReadinessResult> {
    if (this.lifecycle.isStopping) return { status: 'shutting_down', details: {} };
    if (await this.drainFile.exists()) {
      return { status: 'error', details: { disabled_by_file: { status: 'down' } } };
    }
    if (this.last === undefined || this.last.validUntil < performance.now()) {
      const result = this.checkParts();
      // Only one check runs at a time: until it has finished, its result does not expire.
      this.last = { result, validUntil: Infinity };
      const done = (): void => {
        this.last = { result, validUntil: performance.now() + CACHE_TIME };
      };
      result.then(done, done);
    }
    return this.last.result;
  }

  private async checkParts(): Promise<ReadinessResult> {
    const [store, hasKeystone] = await Promise.all([this.databases.health(), this.hasKeystone()]);
    const parts = store.databases.map((database) => ({ ...database, isNeeded: !store.isUsable }));
    // Callers whose tokens are cached get responses even without Keystone, so the replica stays ready.
    if (hasKeystone !== undefined) parts.push({ name: 'keystone', isUp: hasKeystone, isNeeded: false });
    return this.resultOf(
      parts.map(({ name, isUp, isNeeded }) => () => {
        const indicator = this.indicators.check(name);
        return isUp ? indicator.up() : isNeeded ? indicator.down() : indicator.degraded();
      }),
    );
  }

  /** @returns true if Keystone is reachable; undefined if the service does not use Keystone */
  private async hasKeystone(): Promise<boolean | undefined> {
    const isReachable = this.authenticator.isReachable();
    return isReachable && withTimeout(KEYSTONE_TIMEOUT, isReachable).catch(() => false);
  }

  /**
   * Runs the checks and returns their result. Terminus throws the result if a check fails; this function catches and
   * returns it.
   */
  private async resultOf(indicators: Parameters<HealthCheckService['check']>[0]): Promise<ReadinessResult> {
    try {
      return await this.health.check(indicators);
    } catch (error) {
      if (error instanceof HttpException) return error.getResponse() as HealthCheckResult;
      throw error;
    }
  }
}
