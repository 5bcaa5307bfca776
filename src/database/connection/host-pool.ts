import type { DataSource } from 'typeorm';
import { withTimeout } from '../../common/with-timeout.js';
import { type Connections, PoolWatch } from './pool-watch.js';
import { timeLimits } from './time-limits.js';

/** A pool of connections to a host. It opens at its first use, and again after it was closed. */
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

  /** @see PoolWatch.dropUnanswered */
  dropUnanswered(asked: number): void {
    this.opened?.watch.dropUnanswered(asked);
  }

  /** Closes the pool: after the queries in progress, or at once where the host is down. */
  async close(isHostDown = false): Promise<void> {
    if (this.opened === undefined) return;
    const { source, watch } = this.opened;
    this.opened = undefined;
    if (isHostDown) watch.dropAll();
    await withTimeout(timeLimits().close, source.destroy(), () => {
      watch.dropAll();
    }).catch(() => undefined);
  }

  /** Closes the pool for good. */
  end(): Promise<void> {
    this.isEnded = true;
    return this.close();
  }

  /** Has a time limit of its own, because all requests wait for the same attempt. */
  private async connect(): Promise<DataSource> {
    const source = this.open();
    const initialized = source.initialize();
    try {
      await withTimeout(timeLimits().open, initialized);
      if (this.isEnded) throw new Error(`${this.name} is closed`);
    } catch (error) {
      // The pool may still open after its time limit; then it is closed again.
      initialized.then(() => source.destroy()).catch(() => undefined);
      throw error;
    }
    this.opened = { source, watch: new PoolWatch(source) };
    return source;
  }
}
