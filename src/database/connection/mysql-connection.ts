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

/** The flag in a server's first packet that says that it supports TLS. */
const SUPPORTS_TLS = 0x0800;

/** How many bytes of that packet are read at most. */
const MAX_HANDSHAKE_LENGTH = 1_024;

/** The driver's own object for a connection. When it has read the server's first packet it looks at `ssl`. */
interface DriverOptions {
  readonly config: { ssl: SslOptions | false };
}

/**
 * How the driver reaches a host, and how that is protected.
 *
 * @throws Error naming the option of TLS whose file cannot be read or used
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
 * Reads from a server's first packet whether the server supports TLS. This listener runs before the driver's own, and
 * that is the only moment at which TLS that is preferred, but not required, can be chosen.
 */
function onHandshake(socket: Socket, decide: (supportsTls: boolean) => void): void {
  let received = Buffer.alloc(0);
  const read = (data: Buffer): void => {
    received = Buffer.concat([received, data]);
    // A header of 4 bytes, the protocol's version, the server's version up to a zero, 13 other bytes, the flags.
    const end = received.indexOf(0, 5);
    const flags = end + 14;
    if (end !== -1 && received.length >= flags + 2)
      decide((received.readUInt16LE(flags) & SUPPORTS_TLS) !== 0);
    else if (received.length < MAX_HANDSHAKE_LENGTH) return;
    socket.off('data', read);
  };
  socket.on('data', read);
}

/** The driver can compare a certificate with a host name, but not with an IP address. */
function sslOptions(tls: MysqlTls, { host }: MysqlHost): SslOptions {
  // As in Python, the certificate's file also holds the key where no other file is named.
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
    throw new Error(`the files or ciphers of its ssl_ options cannot be used: ${errorText(error)}`, {
      cause: error,
    });
  }
  return {
    ...files,
    rejectUnauthorized: tls.checksCertificate,
    verifyIdentity: tls.checksName && isIP(host) === 0,
  };
}

/** Reads a file, or all files of a folder. */
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
