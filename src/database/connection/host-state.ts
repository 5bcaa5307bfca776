import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { ConnectionOptions } from 'mysql2';
import { errorText } from '../../common/error-text.js';
import { probeHost } from './host-probe.js';
import { timeLimits } from './time-limits.js';

/**
 * The state of a host: up, down or closed. While a host is down, the service probes it in the background until it
 * responds.
 */
export class HostState {
  private readonly log = new Logger('Databases');
  private state: 'up' | 'down' | 'closed' = 'up';
  private address: ConnectionOptions | undefined;
  private probing: Promise<boolean> | undefined;

  /**
   * @param name the name of the host in the log
   * @param readAddress returns the address to which probes connect; undefined for an SQLite file, which is never down
   * @param onDown closes the connections, and rejects the waiting queries with the given reason
   * @throws the errors of `readAddress`
   */
  constructor(
    readonly name: string,
    private readonly readAddress: (() => ConnectionOptions) | undefined,
    private readonly onDown: (reason: string) => void,
  ) {
    this.address = readAddress?.();
  }

  isUp(): boolean {
    return this.state === 'up';
  }

  close(): void {
    this.state = 'closed';
  }

  /** Sends a probe, without changing the state. @returns true if the host responds within half a second */
  responds(): Promise<boolean> {
    return this.isUp() ? this.probe() : Promise.resolve(false);
  }

  /**
   * Sends a probe. If the host does not respond within half a second, marks the host as down.
   *
   * @param reason the reason why the service sends the probe, for the log
   */
  async check(reason: string): Promise<boolean> {
    if (!this.isUp()) return false;
    const responds = await this.probe();
    if (!responds) this.markDown(reason);
    return responds;
  }

  private markDown(reason: string): void {
    if (!this.isUp()) return;
    this.state = 'down';
    this.log.error(`${this.name} is down: ${reason}`);
    this.onDown(reason);
    void this.probeUntilUp();
  }

  private async probeUntilUp(): Promise<void> {
    while (this.state === 'down') {
      this.reloadAddress();
      if (await this.probe()) this.markUp();
      else await sleep(timeLimits().probeInterval, undefined, { ref: false });
    }
  }

  /**
   * Reads the address again, because its certificate files may have changed. If the address cannot be read, uses the
   * previous address.
   */
  private reloadAddress(): void {
    try {
      this.address = this.readAddress?.();
    } catch (error) {
      this.log.debug(`${this.name}: ${errorText(error)}`);
    }
  }

  private markUp(): void {
    if (this.state !== 'down') return;
    this.state = 'up';
    this.log.log(`${this.name} is up again`);
  }

  /**
   * Sends a probe, or waits for the probe in progress.
   *
   * @returns true if the host responds; an SQLite file always does
   */
  private probe(): Promise<boolean> {
    if (this.address === undefined) return Promise.resolve(true);
    this.probing ??= probeHost(this.address)
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        this.probing = undefined;
      });
    return this.probing;
  }
}
