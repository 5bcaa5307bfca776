import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { ConnectionOptions } from 'mysql2';
import { errorText } from '../../common/error-text.js';
import { probeHost } from './host-probe.js';
import { timeLimits } from './time-limits.js';

/** Whether a host can be reached. While it is down it is probed in the background, until it responds. */
export class HostState {
  private readonly log = new Logger('Databases');
  private state: 'up' | 'down' | 'closed' = 'up';
  private address: ConnectionOptions | undefined;
  private probing: Promise<boolean> | undefined;

  /**
   * @param name for the log
   * @param readAddress how to reach the host beside its connections; undefined for a file, which is never down
   * @param onDown closes the connections and rejects the requests that wait, for the reason given
   * @throws what `readAddress` throws
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

  /** Whether it responds to a probe, within half a second. The result changes nothing here. */
  responds(): Promise<boolean> {
    return this.isUp() ? this.probe() : Promise.resolve(false);
  }

  /** Whether it responds to a probe, within half a second; if not, it is down from now on, for the reason given. */
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

  /** The files that it names may have been renewed. As long as one of them cannot be read, the old ones count. */
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

  /** One probe serves all that wait for one. A file always responds. */
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
