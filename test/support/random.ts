import { randomInt } from 'node:crypto';

/** The same numbers from the same seed, so that what went wrong can be made to go wrong again. */
export class Random {
  private state: number;

  constructor(readonly seed: number) {
    this.state = seed >>> 0;
  }

  /** At least 0, less than 1 (the generator known as mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both bounds included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.int(0, values.length - 1)];
    if (value === undefined) throw new Error('there is nothing to pick from');
    return value;
  }

  /** One of the values, each as likely as its weight among all weights. */
  weighted<T>(values: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.next() * values.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of values) {
      left -= weight;
      if (left < 0) return value;
    }
    throw new Error('there is nothing to pick from');
  }

  /** The value, or null with this probability. */
  orNull<T>(probability: number, value: T): T | null {
    return this.chance(probability) ? null : value;
  }

  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.int(0, 15).toString(16)).join('');
  }

  /** As Nova makes them: version 4, lower case. */
  uuid(): string {
    return `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-${this.pick(['8', '9', 'a', 'b'])}${this.hex(3)}-${this.hex(12)}`;
  }
}

/**
 * The seed of a test's random values, printed. It is the same in each run, so that a test fails only when the code
 * changed. `TEST_SEED=random` draws another one, and `TEST_SEED=<number>` repeats a run.
 */
export function testSeed(title: string): number {
  const given = process.env.TEST_SEED ?? '1';
  if (!/^(\d{1,9}|random)$/.test(given))
    throw new Error(`TEST_SEED must be a number or random, not ${given}`);
  const seed = given === 'random' ? randomInt(1_000_000_000) : Number(given);
  process.stdout.write(`${title}: TEST_SEED=${seed}\n`);
  return seed;
}

/** The random values of that seed. */
export function seededRandom(title: string): Random {
  return new Random(testSeed(title));
}
