/** The interval at which the measured timer should fire, in milliseconds. */
const TICK_INTERVAL = 20;

/** The length of a window in milliseconds. The delay of the timer is averaged over each window. */
const WINDOW_LENGTH = 500;

/**
 * Measures how late a timer fires, as the mean of each window. Of the means of the last two windows, the lower one is
 * the delay, so that a single long pause does not count: the process keeps up after the pause of a virtual machine, or
 * after a slow first request. Node's `monitorEventLoopDelay` is not suitable: after `reset` it ignores the first
 * interval, and under load a window may contain only one interval.
 */
export class EventLoopDelay {
  private timer: NodeJS.Timeout | undefined;
  private due = 0;
  private windowStart = 0;
  private late = 0;
  private ticks = 0;
  private means: readonly [earlier: number, latest: number] = [0, 0];

  /** @param now returns the time of a clock, in milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Starts a new measurement. */
  start(): void {
    this.stop();
    this.means = [0, 0];
    this.late = 0;
    this.ticks = 0;
    this.windowStart = this.now();
    this.due = this.windowStart + TICK_INTERVAL;
    this.timer = setInterval(() => {
      this.tick();
    }, TICK_INTERVAL).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Records that the timer has fired. */
  tick(): void {
    const now = this.now();
    this.late += Math.max(0, now - this.due);
    this.ticks += 1;
    this.due = now + TICK_INTERVAL;
    if (now - this.windowStart < WINDOW_LENGTH) return;
    this.means = [this.means[1], this.late / this.ticks];
    this.windowStart = now;
    this.late = 0;
    this.ticks = 0;
  }

  /** The current delay, in milliseconds. */
  get delay(): number {
    return Math.min(...this.means);
  }
}
