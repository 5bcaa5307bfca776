import { createCipheriv, createDecipheriv, createHmac, hash, hkdfSync } from 'node:crypto';

/** The content of a cursor: a place in a list. */
export interface CursorContent {
  readonly direction: 'next' | 'previous';
  /** The numbers by which the list is ordered. */
  readonly second: number;
  readonly id: number;
  /** A time in microseconds since 1970. A list that depends on the clock uses it for all its pages. */
  readonly clock?: number | undefined;
}

/** A key that seals cursors. */
export interface CursorKey {
  /** A number from 0 to 65,535 that identifies the key. Each cursor contains it. */
  readonly number: number;
  readonly secret: Buffer;
}

/**
 * The reason why a cursor cannot be used. `invalid`: the service has not made this text. `mismatch`: the service has
 * made it for another list, for example with other filters or for another project.
 */
export type CursorProblem = 'invalid' | 'mismatch';

const VERSION = 1;
const CIPHER = 'aes-256-gcm';
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const BINDING_LENGTH = 16;
/** The bytes of the version and of the number of the key. They are readable, but cannot be changed. */
const HEADER_LENGTH = 3;
/** The bytes of the direction, of three numbers, and of the binding. */
const PLAIN_LENGTH = 1 + 3 * 8 + BINDING_LENGTH;
const SEALED_LENGTH = HEADER_LENGTH + NONCE_LENGTH + PLAIN_LENGTH + TAG_LENGTH;

/**
 * Makes the text of a cursor. It is encrypted, because its content counts the items of all projects. The same content
 * always has the same text, so that equal requests have equal responses.
 *
 * @param binding a text about the list: its filters, its order, and the projects that the caller sees
 */
export function sealCursor(key: CursorKey, content: CursorContent, binding: string): string {
  const { direction, second, id, clock } = content;
  const plain = Buffer.alloc(PLAIN_LENGTH);
  plain.writeUInt8(direction === 'next' ? 0 : 1);
  for (const [index, value] of [second, id, clock ?? -1].entries()) plain.writeDoubleBE(value, 1 + index * 8);
  digestOf(binding).copy(plain, PLAIN_LENGTH - BINDING_LENGTH);
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeUInt8(VERSION);
  header.writeUInt16BE(key.number, 1);
  // A nonce from the content repeats only with the same content, so it reveals nothing.
  const { encryption, nonces } = keysOf(key);
  const nonce = createHmac('sha256', nonces).update(plain).digest().subarray(0, NONCE_LENGTH);
  const cipher = createCipheriv(CIPHER, encryption, nonce).setAAD(header);
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([header, nonce, encrypted, cipher.getAuthTag()]).toString('base64url');
}

/**
 * Reads the text of a cursor.
 *
 * @param keyOf returns the key with a number; undefined if there is none
 * @param binding as in `sealCursor`
 */
export function openCursor(
  keyOf: (number: number) => CursorKey | undefined,
  text: string,
  binding: string,
): CursorContent | CursorProblem {
  const sealed = Buffer.from(text, 'base64url');
  // The decoder ignores characters that it does not know, and bits at the end.
  if (sealed.length !== SEALED_LENGTH || sealed.toString('base64url') !== text) return 'invalid';
  const header = sealed.subarray(0, HEADER_LENGTH);
  const key = header.readUInt8() === VERSION ? keyOf(header.readUInt16BE(1)) : undefined;
  const plain = key && decrypt(key, header, sealed.subarray(HEADER_LENGTH));
  if (plain === undefined) return 'invalid';
  if (!digestOf(binding).equals(plain.subarray(PLAIN_LENGTH - BINDING_LENGTH))) return 'mismatch';
  const [second, id, clock] = [1, 9, 17].map((offset) => plain.readDoubleBE(offset)) as [
    number,
    number,
    number,
  ];
  const direction = plain.readUInt8() === 0 ? 'next' : 'previous';
  return { direction, second, id, ...(clock >= 0 && { clock }) };
}

/** Returns the number of the key in the text of a cursor. It may be any number if the service has not made the text. */
export function cursorKeyNumber(text: string): number | undefined {
  const sealed = Buffer.from(text, 'base64url');
  return sealed.length < HEADER_LENGTH ? undefined : sealed.readUInt16BE(1);
}

/** Returns the decrypted content; undefined if the text was changed. */
function decrypt(key: CursorKey, header: Buffer, sealed: Buffer): Buffer | undefined {
  const nonce = sealed.subarray(0, NONCE_LENGTH);
  const decipher = createDecipheriv(CIPHER, keysOf(key).encryption, nonce, { authTagLength: TAG_LENGTH })
    .setAAD(header)
    .setAuthTag(sealed.subarray(-TAG_LENGTH));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_LENGTH, -TAG_LENGTH)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Derives the keys for the encryption and for the nonces. */
function keysOf({ secret }: CursorKey): { readonly encryption: Buffer; readonly nonces: Buffer } {
  const derived = Buffer.from(hkdfSync('sha256', secret, '', 'cursor', 64));
  return { encryption: derived.subarray(0, 32), nonces: derived.subarray(32) };
}

function digestOf(binding: string): Buffer {
  return hash('sha256', binding, 'buffer').subarray(0, BINDING_LENGTH);
}
