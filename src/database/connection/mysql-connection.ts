import { readdirSync, statSync } from 'node:fs';
import { connect, isIP, type Socket } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { ConnectionOptions, SslOptions } from 'mysql2';
import { errorCode } from '../../common/error-code.js';
import { errorText } from '../../common/error-text.js';
import { readSmallText, shownPath, UnreadableFile } from '../../common/read-small-file.js';
import type { MysqlAddress, MysqlHost } from '../../config/addresses/mysql-address.js';
import type { MysqlTls } from '../../config/addresses/mysql-tls.js';
import { authPlugins } from './auth-plugins.js';

/** The flag in the server's handshake packet (its first packet) that means that the server supports TLS. */
const SUPPORTS_TLS = 0x0800;

/** The maximum number of bytes of the handshake packet that this module reads. */
const MAX_HANDSHAKE_LENGTH = 1_024;

/**
 * The driver's options for one connection. The driver reads `ssl` from this object after it has received the server's
 * handshake packet.
 */
interface DriverOptions {
  readonly config: { ssl: SslOptions | false };
}

/**
 * Returns the options with which the driver connects to a host: the database account, the socket and TLS.
 *
 * @throws Error with the name of the TLS option if its file cannot be read or used
 */
export function connectionTo(address: MysqlAddress, host: MysqlHost): ConnectionOptions {
  const { tls, socketPath, bindAddress } = address;
  const ssl = tls && sslOptions(tls, host);
  const stream = ({ config }: DriverOptions): Socket => {
    const socket =
      socketPath === undefined
        ? connect({ ...host, localAddress: bindAddress, noDelay: true, keepAlive: true })
        : connect(socketPath);
    if (ssl !== undefined && !tls?.isRequired) {
      onHandshake(socket, (supportsTls) => {
        config.ssl = supportsTls ? ssl : false;
      });
    }
    return socket;
  };
  return {
    ...host,
    user: address.user,
    password: address.password,
    database: address.database,
    authPlugins,
    stream,
    ...(socketPath !== undefined && { socketPath }),
    ...(ssl !== undefined && { ssl }),
  };
}

/**
 * Reads from the server's handshake packet whether the server supports TLS. The driver has no option to use TLS only
 * with a server that supports it. So this listener runs before the driver's own listener, and `decide` sets the
 * driver's `ssl` option.
 */
function onHandshake(socket: Socket, decide: (supportsTls: boolean) => void): void {
  let received = Buffer.alloc(0);
  const read = (data: Buffer): void => {
    received = Buffer.concat([received, data]);
    // The packet consists of a header of 4 bytes, the protocol version (1 byte), the server version up to a zero byte,
    // 13 other bytes, and the flags.
    const end = received.indexOf(0, 5);
    const flags = end + 14;
    if (end !== -1 && received.length >= flags + 2)
      decide((received.readUInt16LE(flags) & SUPPORTS_TLS) !== 0);
    else if (received.length < MAX_HANDSHAKE_LENGTH) return;
    socket.off('data', read);
  };
  socket.on('data', read);
}

/**
 * Returns the driver's TLS options. The driver can compare the certificate with a host name, but not with an IP
 * address.
 */
function sslOptions(tls: MysqlTls, { host }: MysqlHost): SslOptions {
  // If no key file is set, the key is in the certificate file, as in Python's driver.
  const { caPath, certPath, keyPath = certPath, passphrase, ciphers } = tls;
  const files = {
    ...(caPath !== undefined && { ca: readOption('ssl_ca', caPath) }),
    ...(certPath !== undefined && { cert: readOption('ssl_cert', certPath) }),
    ...(keyPath !== undefined && { key: readOption('ssl_key', keyPath) }),
    ...(passphrase !== undefined && { passphrase }),
    ...(ciphers !== undefined && { ciphers }),
  };
  try {
    createSecureContext(files);
  } catch (error) {
    throw new Error(`the files or ciphers in the ssl_ options cannot be used: ${errorText(error)}`, {
      cause: error,
    });
  }
  return {
    ...files,
    rejectUnauthorized: tls.checksCertificate,
    verifyIdentity: tls.checksName && isIP(host) === 0,
  };
}

/** Reads a file, or all files of a folder. The error message contains the name of the option. */
function readOption(option: string, path: string): string {
  try {
    if (!statSync(path).isDirectory()) return readSmallText(path);
    const files = readdirSync(path).map((name) => join(path, name));
    return files
      .filter((file) => statSync(file).isFile())
      .map((file) => readSmallText(file))
      .join('\n');
  } catch (error) {
    const { message } = error instanceof UnreadableFile ? error : new UnreadableFile(errorCode(error));
    throw new Error(`the file of ${option} ${message}${shownPath(path)}`, { cause: error });
  }
}
