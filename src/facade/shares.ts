/** A client may hold at most this many times the number of free slots. */
const MAX_HELD_PER_FREE = 3;

/**
 * A number of slots that clients share. A client may hold at most three times as many slots as are free, so that other
 * clients usually find a free slot. If only one client needs slots, it gets three quarters of them. If two clients need
 * slots, each gets 43 %.
 */
export class Shares {
  private readonly held = new Map<string, number>();
  private free: number;

  constructor(private readonly total: number) {
    this.free = total;
  }

  /** The number of slots in use. */
  get inUse(): number {
    return this.total - this.free;
  }

  canAcquire(client: string): boolean {
    return (this.held.get(client) ?? 0) < MAX_HELD_PER_FREE * this.free;
  }

  acquire(client: string): void {
    this.free -= 1;
    this.held.set(client, (this.held.get(client) ?? 0) + 1);
  }

  release(client: string): void {
    this.free += 1;
    const left = (this.held.get(client) ?? 0) - 1;
    if (left > 0) this.held.set(client, left);
    else this.held.delete(client);
  }
}
