import type { Store } from '../record/record.js';
import { readRecordKeys, type RecordKeys } from './record-keys.js';

/** The minimum time between two readings for unknown numbers, in milliseconds. Anybody can send such a number. */
const READ_INTERVAL = 5_000;

/** The secrets of a store. They never change, so they are read once, and again only for a number that is not known. */
export class StoredKeys {
  private keys: Promise<RecordKeys> | undefined;
  private readAt = -Infinity;

  /** @param clock returns the time in milliseconds */
  constructor(
    private readonly store: Store,
    private readonly clock = (): number => performance.now(),
  ) {}

  /**
   * Returns the secrets.
   *
   * @param number the number of a secret that the caller needs. The store may have got it after the last reading
   */
  async read(number?: number): Promise<RecordKeys> {
    const known = await this.load();
    const isKnown = number === undefined || known.has(number);
    if (isKnown || this.clock() - this.readAt < READ_INTERVAL) return known;
    this.keys = undefined;
    return this.load();
  }

  private load(): Promise<RecordKeys> {
    if (this.keys !== undefined) return this.keys;
    this.readAt = this.clock();
    const reading = readRecordKeys(this.store);
    this.keys = reading;
    // After an error, the next caller reads again.
    reading.catch(() => {
      if (this.keys === reading) this.keys = undefined;
    });
    return reading;
  }
}
