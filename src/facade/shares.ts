/** How many times the places that are free a client may hold. */
const MAX_HELD_PER_FREE = 3;

/**
 * A number of places, shared so that a client who holds none finds one: each may hold at most three times as many as
 * are free. One client alone gets three quarters of them, two get 43 % each, and so on.
 */
export class Shares {
  private readonly held = new Map<string, number>();
  private free: number;

  constructor(private readonly total: number) {
    this.free = total;
  }

  /** How many places are taken. */
  get taken(): number {
    return this.total - this.free;
  }

  mayTake(client: string): boolean {
    return (this.held.get(client) ?? 0) < MAX_HELD_PER_FREE * this.free;
  }

  take(client: string): void {
    this.free -= 1;
    this.held.set(client, (this.held.get(client) ?? 0) + 1);
  }

  giveBack(client: string): void {
    this.free += 1;
    const left = (this.held.get(client) ?? 0) - 1;
    if (left > 0) this.held.set(client, left);
    else this.held.delete(client);
  }
}
