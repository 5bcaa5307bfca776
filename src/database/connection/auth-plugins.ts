import { Point } from '@noble/ed25519';
import { createHash } from 'node:crypto';
import type { AuthPlugin } from 'mysql2';

/**
 * The authentication plugins of the driver that the service uses: all except the one that sends the password in clear
 * text.
 */
const BUILT_IN = ['mysql_native_password', 'caching_sha2_password', 'sha256_password'];

/** The number of random bytes that MariaDB sends, and that the client signs. */
const NONCE_LENGTH = 32;

/**
 * The plugin for MariaDB's `ed25519` accounts. It signs as Ed25519 (RFC 8032) does, but with the hash of the password
 * in place of the hash of a secret key. Node's Ed25519 functions cannot use such a hash.
 */
const ed25519: AuthPlugin =
  ({ connection }) =>
  (data) => {
    const { password = '' } = (connection as unknown as { config: { password?: string } }).config;
    return signature(password, data.subarray(0, NONCE_LENGTH));
  };

/** Returns the signature of the nonce (the random bytes), 64 bytes long. */
function signature(password: string, nonce: Buffer): Buffer {
  const order = Point.CURVE().n;
  const hash = sha512(Buffer.from(password));
  const prefix = hash.subarray(32);
  const secret = hash.subarray(0, 32);
  secret.writeUInt8(secret.readUInt8(0) & 0xf8, 0);
  secret.writeUInt8((secret.readUInt8(31) & 0x7f) | 0x40, 31);
  const s = numberOf(secret) % order;
  const r = numberOf(sha512(prefix, nonce)) % order;
  const commitment = Point.BASE.multiply(r).toBytes();
  const publicKey = Point.BASE.multiply(s).toBytes();
  const k = numberOf(sha512(commitment, publicKey, nonce)) % order;
  return Buffer.concat([commitment, bytesOf((r + k * s) % order)]);
}

function sha512(...parts: readonly Uint8Array[]): Buffer {
  return createHash('sha512').update(Buffer.concat(parts)).digest();
}

/** Reads a number from bytes in little-endian order. */
function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function bytesOf(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse();
}

function unsupported(name: string): AuthPlugin {
  return () => {
    throw new Error(`the account uses the authentication plugin ${name}, which the service does not support`);
  };
}

function pluginOf(name: string | symbol): AuthPlugin | undefined {
  if (typeof name === 'symbol' || BUILT_IN.includes(name)) return undefined;
  return name === 'client_ed25519' ? ed25519 : unsupported(name || 'mysql_old_password');
}

/**
 * The authentication plugins by name. The driver looks up the name that the server sends. For an unsupported name, this
 * map returns a plugin that throws an error of the service, with a message that operators understand.
 */
export const authPlugins: Record<string, AuthPlugin> = new Proxy<Record<string, AuthPlugin>>(
  {},
  {
    get: (_target, name) => pluginOf(name),
    getOwnPropertyDescriptor: (_target, name) => {
      const value = pluginOf(name);
      return value && { value, configurable: true, enumerable: true };
    },
  },
);
