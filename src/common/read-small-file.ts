import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { devNull } from 'node:os';
import { errorCode } from './error-code.js';

/** The default maximum size of a file, in bytes. */
export const MAX_SMALL_FILE_SIZE = 1_048_576;

/**
 * The error when a file cannot be read. The message continues a sentence that starts with the name of a setting:
 * "TLS_KEY cannot be read (ENOENT)". The message contains neither the content nor the path of the file, because a user
 * may have set a secret instead of a path.
 */
export class UnreadableFile extends Error {
  constructor(reason: string) {
    super(`cannot be read (${reason})`);
  }
}

/**
 * Reads a whole file that should be small. Rejects pipes and devices, because their content may never arrive or never
 * end. Accepts the null device as an empty file.
 *
 * @param limit the maximum size, in bytes
 * @throws UnreadableFile
 */
export function readSmallFile(path: string, limit = MAX_SMALL_FILE_SIZE): Buffer {
  let fd: number | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe would wait until another process opens it for writing.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!isRegular(fstatSync(fd))) throw new UnreadableFile('it is not a regular file');
    // The file is read to its end, instead of up to the size in its metadata: that size is 0 for files in /proc.
    const content = Buffer.allocUnsafe(limit + 1);
    let length = 0;
    for (let read = -1; read !== 0; length += read) {
      read = readSync(fd, content, length, content.length - length, null);
    }
    if (length > limit) throw new UnreadableFile(`it has more than ${limit} bytes`);
    return Buffer.from(content.subarray(0, length));
  } catch (error) {
    throw error instanceof UnreadableFile ? error : new UnreadableFile(errorCode(error));
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/**
 * Reads a small text file and removes its byte order mark.
 *
 * @throws UnreadableFile if the file is unreadable, too large or not UTF-8
 */
export function readSmallText(path: string, limit?: number): string {
  const content = readSmallFile(path, limit);
  if (!isUtf8(content)) throw new UnreadableFile('it is not UTF-8 text');
  return content.toString('utf8').replace(/^\ufeff/, '');
}

/** Returns true for a regular file and for the null device. Reading any other kind of file may block or never end. */
export function isRegular(state: {
  isFile(): boolean;
  isCharacterDevice(): boolean;
  readonly rdev: Stats['rdev'] | bigint;
}): boolean {
  return state.isFile() || (state.isCharacterDevice() && Number(state.rdev) === statSync(devNull).rdev);
}

/**
 * Returns `: <path>` for the end of a message. Returns an empty text if the value does not look like a path, because a
 * user may have set a key or a token by mistake, and a message must not contain a secret.
 */
export function shownPath(path: string): string {
  return /^\.{0,2}\/[^\s"'{}]*$/.test(path) ? `: ${path}` : '';
}
