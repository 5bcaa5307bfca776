import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { devNull } from 'node:os';
import { errorCode } from './error-code.js';

/** In bytes. */
export const MAX_SMALL_FILE_SIZE = 1_048_576;

/** Why a file cannot be read, as what follows its name. It repeats neither the path, which may be a secret by mistake, nor the content. */
export class UnreadableFile extends Error {
  constructor(reason: string) {
    super(`cannot be read (${reason})`);
  }
}

/**
 * Reads a whole file that ought to be small. Never waits: a pipe, whose writer may never come, is refused, and so is
 * what may have no end. The null device counts as an empty file.
 *
 * @param limit in bytes
 * @throws UnreadableFile
 */
export function readSmallFile(path: string, limit = MAX_SMALL_FILE_SIZE): Buffer {
  let fd: number | undefined;
  try {
    // Without O_NONBLOCK this would wait for the writer of a pipe.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!isRegular(fstatSync(fd))) throw new UnreadableFile('it is no regular file');
    // By what comes and not by the size, which is 0 for files of /proc.
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

/** Likewise a text, without a byte order mark before it. @throws UnreadableFile for one that is not UTF-8, too */
export function readSmallText(path: string, limit?: number): string {
  const content = readSmallFile(path, limit);
  if (!isUtf8(content)) throw new UnreadableFile('it is not UTF-8 text');
  return content.toString('utf8').replace(/^\ufeff/, '');
}

/** Whether reading comes to an end without a wait: of a file, and of the null device. */
export function isRegular(state: {
  isFile(): boolean;
  isCharacterDevice(): boolean;
  readonly rdev: Stats['rdev'] | bigint;
}): boolean {
  return state.isFile() || (state.isCharacterDevice() && Number(state.rdev) === statSync(devNull).rdev);
}

/** A path for a message; nothing for what does not look like one, as a key or a token put there by mistake. */
export function shownPath(path: string): string {
  return /^\.{0,2}\/[^\s"'{}]*$/.test(path) ? `: ${path}` : '';
}
