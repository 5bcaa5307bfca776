import type { DataSource } from 'typeorm';
import { within } from '../../common/within.js';
import { type Connections, PoolWatch } from './pool-watch.js';
import { timeLimits } from './time-limits.js';

/** A pool of connections to a host. It is opened when it is first needed, and again after it was closed. */
export class HostPool {
  private opened: { readonly source: DataSource; readonly watch: PoolWatch } | undefined;
  private opening: Promise<DataSource> | undefined;
  private isEnded = false;

  /**
   * @param name of the host, for errors
   * @param open makes a DataSource, not yet connected
   */
  constructor(
    private readonly name: string,
    private readonly open: () => DataSource,
  ) {}

  /** @throws the driver's own error, and an error when the pool does not open in time */
  source(): DataSource | Promise<DataSource> {
    if (this.opened !== undefined) return this.opened.source;
    this.opening ??= this.connect().finally(() => {
      this.opening = undefined;
    });
    return this.opening;
  }

  /** Undefined while the pool is not open, and for a file. */
  counts(): Connections | undefined {
    return this.opened?.watch.connectionCounts();
  }

  /** When a request was last answered, as of `performance.now()`; 0 if none was. */
  lastAnswer(): number {
    return this.opened?.watch.lastAnswer ?? 0;
  }

  /** Closes the connections that do not answer. @param asked when the request began that has no answer */
  dropUnanswered(asked: number): void {
    this.opened?.watch.dropUnanswered(asked);
  }

  /** Closes the pool: in order, or at once where the host is down. */
  async close(isHostDown = false): Promise<void> {
    if (this.opened === undefined) return;
    const { source, watch } = this.opened;
    this.opened = undefined;
    if (isHostDown) watch.dropAll();
    await within(timeLimits().close, source.destroy(), () => {
      watch.dropAll();
    }).catch(() => undefined);
  }

  /** Closes the pool, which does not open again. */
  end(): Promise<void> {
    this.isEnded = true;
    return this.close();
  }

  /** With a limit of its own: all requests wait for one attempt. */
  private async connect(): Promise<DataSource> {
    const source = this.open();
    const initialized = source.initialize();
    try {
      await within(timeLimits().open, initialized);
      if (this.isEnded) throw new Error(`${this.name} is closed`);
    } catch (error) {
      // Nothing else closes what opens after all.
      initialized.then(() => source.destroy()).catch(() => undefined);
      throw error;
    }
    this.opened = { source, watch: new PoolWatch(source) };
    return source;
  }
}
