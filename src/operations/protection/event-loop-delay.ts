/** How often the timer fires that is measured, in milliseconds. */
const TICK = 20;

/** Ticks of so many milliseconds are averaged. */
const WINDOW = 500;

/**
 * Measures how late timers fire: the mean of each window. Both of the last two windows must be late to count. One long
 * pause, such as that of a paused virtual machine or of a first request, falls into one window: when it ends, the process
 * can keep up. `monitorEventLoopDelay` does not serve here: after `reset` it drops the first interval, which under load
 * is the only one.
 */
export class EventLoopDelay {
  private timer: NodeJS.Timeout | undefined;
  private due = 0;
  private windowStart = 0;
  private late = 0;
  private ticks = 0;
  private means: readonly [earlier: number, latest: number] = [0, 0];

  /** @param now the clock, in milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Begins to measure; nothing before this counts. */
  start(): void {
    this.stop();
    this.means = [0, 0];
    this.late = 0;
    this.ticks = 0;
    this.windowStart = this.now();
    this.due = this.windowStart + TICK;
    this.timer = setInterval(() => {
      this.tick();
    }, TICK).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Notes that the timer fires. */
  tick(): void {
    const now = this.now();
    this.late += Math.max(0, now - this.due);
    this.ticks += 1;
    this.due = now + TICK;
    if (now - this.windowStart < WINDOW) return;
    this.means = [this.means[1], this.late / this.ticks];
    this.windowStart = now;
    this.late = 0;
    this.ticks = 0;
  }

  /** In milliseconds. */
  get delay(): number {
    return Math.min(...this.means);
  }
}
