import type { BigIntStats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, isMissingFile } from '../../common/error-code.js';
import { isRegular, MAX_SMALL_FILE_SIZE } from '../../common/read-small-file.js';

/** The paths of the policy files and folders. A path need not exist. */
export interface PolicyLocations {
  /** The setting POLICY_FILE. */
  readonly file: string;
  /** The setting POLICY_DIRS. */
  readonly folders: readonly string[];
}

/** The state of one path: a policy file, a folder, a path that does not exist, or one with a problem. */
interface PathState {
  /** The setting that names the path or its folder. */
  readonly setting: 'POLICY_FILE' | 'POLICY_DIRS';
  readonly path: string;
  /** A text that changes whenever the file or folder changes. */
  readonly version: string;
  /** True for a policy file that can be read. */
  readonly isFile: boolean;
  /**
   * The reason why the path cannot be used, such as `is not a folder`. The error message contains it after the path.
   */
  readonly problem?: string;
}

/** The policy files that exist at one time, without their contents. */
export interface PolicyFileList {
  /** The files in the order of precedence: a rule in a later file replaces a rule of the same name. */
  readonly files: readonly PathState[];
  /** The first problem, as a sentence that starts with the name of the setting. */
  readonly problem: string | undefined;
  /** A text that changes whenever a file changes, appears or disappears. */
  readonly fingerprint: string;
}

/** Lists the policy files. It reads the status of each file, but not its content. */
export async function listPolicyFiles({ file, folders }: PolicyLocations): Promise<PolicyFileList> {
  const found = [await inspectFile('POLICY_FILE', file)];
  for (const folder of folders) found.push(...(await inspectFolder(folder)));
  const failed = found.find(({ problem }) => problem !== undefined);
  return {
    files: found.filter(({ isFile }) => isFile),
    problem: failed && `${failed.setting} ${failed.path} ${failed.problem ?? ''}`,
    fingerprint: found.map(({ path, version }) => `${path}\0${version}`).join('\0'),
  };
}

/**
 * Lists the policy files of a folder. As in oslo.policy, these are all files except those whose names start with a dot.
 * Files in subfolders are ignored.
 */
async function inspectFolder(folder: string): Promise<PathState[]> {
  const setting = 'POLICY_DIRS';
  const stats = await statOf(folder);
  if (typeof stats === 'string') return [withoutStat(setting, folder, stats)];
  if (!stats.isDirectory()) {
    return [{ setting, path: folder, version: versionOf(stats), isFile: false, problem: 'is not a folder' }];
  }
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    return [withoutStat(setting, folder, errorCode(error))];
  }
  const visible = names.filter((name) => !name.startsWith('.')).sort(byCodePoint);
  return await Promise.all(visible.map((name) => inspectFile(setting, join(folder, name))));
}

async function inspectFile(setting: PathState['setting'], path: string): Promise<PathState> {
  const stats = await statOf(path);
  if (typeof stats === 'string') return withoutStat(setting, path, stats);
  if (stats.isDirectory() && setting === 'POLICY_DIRS') {
    return { setting, path, version: 'subfolder', isFile: false };
  }
  const version = versionOf(stats);
  // A path that is not a regular file is not read: reading a pipe, for example, would wait for its writer without a
  // time limit.
  if (!isRegular(stats)) return { setting, path, version, isFile: false, problem: 'is not a file' };
  if (stats.size > MAX_SMALL_FILE_SIZE) {
    return { setting, path, version, isFile: false, problem: `has more than ${MAX_SMALL_FILE_SIZE} bytes` };
  }
  return { setting, path, version, isFile: true };
}

/** Returns the state of a path whose `stat` failed. A path that does not exist is not a problem. */
function withoutStat(setting: PathState['setting'], path: string, code: string): PathState {
  return {
    setting,
    path,
    version: code,
    isFile: false,
    ...(!isMissingFile(code) && { problem: `cannot be read (${code})` }),
  };
}

/** Returns the result of `stat`, or the code of its error, such as `ENOENT`. */
async function statOf(path: string): Promise<BigIntStats | string> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    return errorCode(error);
  }
}

function versionOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

/**
 * Compares two names as Python does. JavaScript's own comparison has another order for characters above U+FFFF.
 */
function byCodePoint(a: string, b: string): number {
  return Buffer.from(a).compare(Buffer.from(b));
}
