import { hkdfSync } from 'node:crypto';
import type { Store } from '../record/record.js';
import { ID_KEY_LENGTH, PublicIds } from './public-ids.js';

/** The secrets of a store, from the table `record_keys`. Keys for several purposes are derived from them. */
export class RecordKeys {
  private readonly secrets: ReadonlyMap<number, Buffer>;
  /** The converter of the ids that clients see. The ids stay the same if the store gets further secrets. */
  readonly ids: PublicIds;

  /**
   * @param secrets by their numbers, which begin with 1
   * @throws Error if there is no secret with the number 1
   */
  constructor(secrets: ReadonlyMap<number, Buffer>) {
    const first = secrets.get(1);
    if (first === undefined) throw new Error('the table record_keys has no key with the number 1');
    this.secrets = secrets;
    this.ids = new PublicIds(derive(first, 'public ids', ID_KEY_LENGTH));
  }

  /** The number of the newest secret, with which the service seals new cursors. */
  get newest(): number {
    return Math.max(...this.secrets.keys());
  }

  has(number: number): boolean {
    return this.secrets.has(number);
  }

  /**
   * Returns the key for a purpose.
   *
   * @param purpose for example `cursor`; each purpose has its own key
   * @param length in bytes
   * @returns undefined if there is no secret with this number
   */
  keyFor(purpose: string, number: number, length: number): Buffer | undefined {
    const secret = this.secrets.get(number);
    return secret && derive(secret, purpose, length);
  }
}

/** Reads the secrets of a store. */
export async function readRecordKeys(store: Store): Promise<RecordKeys> {
  const rows = await store.query<{ number: number; secret: string }[]>(
    'SELECT number, secret FROM record_keys',
  );
  return new RecordKeys(new Map(rows.map(({ number, secret }) => [number, Buffer.from(secret, 'hex')])));
}

function derive(secret: Buffer, purpose: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, length));
}
