import { type Cipher, createCipheriv } from 'node:crypto';

/** The kinds of rows with ids that clients see. The same id of the copy has another public id for each kind. */
export type IdKind = 'action' | 'event';

/** The number of bytes of the key. */
export const ID_KEY_LENGTH = 16;

/** The bits of the two halves of an id. An id has 53 bits, so that JavaScript represents it exactly. */
const HIGH_BITS = 26;
const LOW_BITS = 27;
const HIGH_MASK = 2 ** HIGH_BITS - 1;
const LOW_MASK = 2 ** LOW_BITS - 1;
const LOW_SIZE = 2 ** LOW_BITS;

const ROUNDS = 8;

/** The bytes of a block of AES. */
const BLOCK = 16;

const KIND_CODES: Readonly<Record<IdKind, number>> = { action: 1, event: 2 };

/**
 * Converts ids of the copy to the ids that clients see, and back. Nova's ids count the actions of all projects, so a
 * project could compute how many actions the others have. The ids that clients see are a permutation of the ids of the
 * copy that depends on a secret key: without the key, they look random. An id of the copy always has the same public
 * id, and needs no column for it.
 *
 * The permutation is a Feistel network: each round changes one half of an id by a keyed hash of the other half. The hash
 * is AES, which computes a round for all ids of a page in one call.
 */
export class PublicIds {
  private readonly cipher: Cipher;

  /** @param key of `ID_KEY_LENGTH` bytes */
  constructor(key: Buffer) {
    // The blocks are independent hashes, so the mode needs no chaining and no initial value.
    this.cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  }

  /** Returns the ids that clients see, for ids of the copy. */
  permute(kind: IdKind, copyIds: readonly number[]): number[] {
    return this.run(
      kind,
      copyIds,
      Array.from({ length: ROUNDS }, (_value, round) => round),
    );
  }

  /** Returns the ids of the copy, for ids that clients see. A row with such an id need not exist. */
  original(kind: IdKind, publicIds: readonly number[]): number[] {
    return this.run(
      kind,
      publicIds,
      Array.from({ length: ROUNDS }, (_value, round) => ROUNDS - 1 - round),
    );
  }

  private run(kind: IdKind, ids: readonly number[], rounds: readonly number[]): number[] {
    if (ids.length === 0) return [];
    const highs = Uint32Array.from(ids, (id) => Math.floor(id / LOW_SIZE));
    const lows = Uint32Array.from(ids, (id) => id % LOW_SIZE);
    const blocks = new DataView(new ArrayBuffer(ids.length * BLOCK));
    for (const round of rounds) {
      const changesHigh = round % 2 === 0;
      const [changed, read] = changesHigh ? [highs, lows] : [lows, highs];
      const mask = changesHigh ? HIGH_MASK : LOW_MASK;
      read.forEach((half, index) => {
        blocks.setUint32(index * BLOCK, KIND_CODES[kind] * ROUNDS + round);
        blocks.setUint32(index * BLOCK + 4, half);
      });
      const { buffer, byteOffset } = this.cipher.update(blocks);
      const hashes = new DataView(buffer, byteOffset);
      changed.forEach((half, index) => {
        changed[index] = half ^ (hashes.getUint32(index * BLOCK) & mask);
      });
    }
    return Array.from(highs, (high, index) => high * LOW_SIZE + (lows[index] ?? 0));
  }
}

/** Returns true if a number can be an id that clients see. */
export function isPublicId(id: number): boolean {
  return Number.isSafeInteger(id) && id >= 0;
}
