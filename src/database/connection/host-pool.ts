import type { DataSource } from 'typeorm';
import { withTimeout } from '../../common/with-timeout.js';
import { type Connections, PoolWatch } from './pool-watch.js';
import { timeLimits } from './time-limits.js';

/**
 * A pool of connections to a host. The pool opens at its first use. After `close()`, it opens again at the next use.
 */
export class HostPool {
  private opened: { readonly source: DataSource; readonly watch: PoolWatch } | undefined;
  private opening: Promise<DataSource> | undefined;
  private isEnded = false;

  /** @param name the name of the host in error messages @param open makes a DataSource that is not yet connected */
  constructor(
    private readonly name: string,
    private readonly open: () => DataSource,
  ) {}

  /**
   * Returns the DataSource, and opens the pool if it is not open.
   *
   * @throws the driver's error, or an error if the pool does not open in time
   */
  source(): DataSource | Promise<DataSource> {
    if (this.opened !== undefined) return this.opened.source;
    this.opening ??= this.connect().finally(() => {
      this.opening = undefined;
    });
    return this.opening;
  }

  /** Returns the numbers of connections; undefined if the pool is not open, or if the database is a file. */
  counts(): Connections | undefined {
    return this.opened?.watch.connectionCounts();
  }

  /** Returns the time of the last response to a query, on the clock of `performance.now()`; 0 if there was none. */
  lastResponse(): number {
    return this.opened?.watch.lastResponse ?? 0;
  }

  /** @see PoolWatch.closeUnresponsive */
  closeUnresponsive(startedAt: number): void {
    this.opened?.watch.closeUnresponsive(startedAt);
  }

  /** Closes the pool. Waits for the queries in progress, unless the host is down. */
  async close(isHostDown = false): Promise<void> {
    if (this.opened === undefined) return;
    const { source, watch } = this.opened;
    this.opened = undefined;
    if (isHostDown) watch.closeAll();
    await withTimeout(timeLimits().close, source.destroy(), () => {
      watch.closeAll();
    }).catch(() => undefined);
  }

  /** Closes the pool permanently: it does not open again. */
  end(): Promise<void> {
    this.isEnded = true;
    return this.close();
  }

  /**
   * Opens the pool. The attempt has a time limit that does not depend on a request, because all requests wait for the
   * same attempt.
   */
  private async connect(): Promise<DataSource> {
    const source = this.open();
    const initialized = source.initialize();
    try {
      await withTimeout(timeLimits().open, initialized);
      if (this.isEnded) throw new Error(`${this.name} is closed`);
    } catch (error) {
      // If the pool opens after the time limit, the service closes it.
      initialized.then(() => source.destroy()).catch(() => undefined);
      throw error;
    }
    this.opened = { source, watch: new PoolWatch(source) };
    return source;
  }
}
