import { randomInt } from 'node:crypto';

/**
 * A generator of random values. Generators with the same seed return the same values, so that a failed test can be
 * repeated.
 */
export class Random {
  private state: number;

  constructor(readonly seed: number) {
    this.state = seed >>> 0;
  }

  /** Returns a random number from 0 (included) to 1 (excluded), with the algorithm mulberry32. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Returns a random whole number from `low` to `high`. Both limits are included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.int(0, values.length - 1)];
    if (value === undefined) throw new Error('no value to pick: the list is empty');
    return value;
  }

  /**
   * Returns one of the values. A value with a higher weight is more probable: the probability is the weight, divided by
   * the sum of all weights.
   */
  weighted<T>(values: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.next() * values.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of values) {
      left -= weight;
      if (left < 0) return value;
    }
    throw new Error('no value to pick: the list is empty or has no weight');
  }

  /** Returns null with the given probability, and otherwise the value. */
  orNull<T>(probability: number, value: T): T | null {
    return this.chance(probability) ? null : value;
  }

  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.int(0, 15).toString(16)).join('');
  }

  /** Returns a UUID in Nova's format: version 4, in lower case. */
  uuid(): string {
    return `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-${this.pick(['8', '9', 'a', 'b'])}${this.hex(3)}-${this.hex(12)}`;
  }
}

/**
 * Returns the seed for the random values of a test, and prints it. By default the seed is the same in each run, so that
 * a test fails only if the code has changed. `TEST_SEED=random` chooses a new seed. `TEST_SEED=<number>` repeats an
 * earlier run.
 */
export function testSeed(title: string): number {
  const given = process.env.TEST_SEED ?? '1';
  if (!/^(\d{1,9}|random)$/.test(given))
    throw new Error(`TEST_SEED must be a number or random, not ${given}`);
  const seed = given === 'random' ? randomInt(1_000_000_000) : Number(given);
  process.stdout.write(`${title}: TEST_SEED=${seed}\n`);
  return seed;
}

/** Returns a generator with the seed from {@link testSeed}. */
export function seededRandom(title: string): Random {
  return new Random(testSeed(title));
}
