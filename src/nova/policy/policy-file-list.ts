import type { BigIntStats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, isMissingFile } from '../../common/error-code.js';
import { isRegular, MAX_SMALL_FILE_SIZE } from '../../common/read-small-file.js';

/** Where policy files are looked for. */
export interface PolicyPlaces {
  readonly file: string;
  readonly folders: readonly string[];
}

/** A file or folder at those places, or a problem with it. */
interface Finding {
  /** The setting that led there. */
  readonly setting: 'POLICY_FILE' | 'POLICY_DIRS';
  readonly path: string;
  /** Changes whenever the file or folder does. */
  readonly mark: string;
  readonly isFile: boolean;
  /** Why it cannot be read, as far as its status shows. */
  readonly problem?: string;
}

/** The policy files of one moment, without their contents. */
export interface PolicyFileList {
  /** In the order in which they count: of two rules of one name the later wins. */
  readonly files: readonly Finding[];
  /** The first problem, as a sentence that begins with the setting. */
  readonly problem: string | undefined;
  /** Changes whenever any of the files does, or the list itself. */
  readonly fingerprint: string;
}

/** Lists the policy files by their status, without reading them. */
export async function listPolicyFiles({ file, folders }: PolicyPlaces): Promise<PolicyFileList> {
  const found = [await lookAtFile('POLICY_FILE', file)];
  for (const folder of folders) found.push(...(await lookAtFolder(folder)));
  const wrong = found.find(({ problem }) => problem !== undefined);
  return {
    files: found.filter(({ isFile }) => isFile),
    problem: wrong && `${wrong.setting} ${wrong.path} ${wrong.problem ?? ''}`,
    fingerprint: found.map(({ path, mark }) => `${path}\0${mark}`).join('\0'),
  };
}

/** As in oslo.policy: every file of the folder but hidden ones, whatever its ending, and nothing of folders within. */
async function lookAtFolder(folder: string): Promise<Finding[]> {
  const setting = 'POLICY_DIRS';
  const state = await statusOf(folder);
  if (typeof state === 'string') return [nothing(setting, folder, state)];
  if (!state.isDirectory()) {
    return [{ setting, path: folder, mark: markOf(state), isFile: false, problem: 'is not a folder' }];
  }
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    return [nothing(setting, folder, errorCode(error))];
  }
  const visible = names.filter((name) => !name.startsWith('.')).sort(byCodePoint);
  return await Promise.all(visible.map((name) => lookAtFile(setting, join(folder, name))));
}

async function lookAtFile(setting: Finding['setting'], path: string): Promise<Finding> {
  const state = await statusOf(path);
  if (typeof state === 'string') return nothing(setting, path, state);
  if (state.isDirectory() && setting === 'POLICY_DIRS') {
    return { setting, path, mark: 'a folder within a folder', isFile: false };
  }
  const mark = markOf(state);
  // Reading from a pipe would wait for its writer without a limit.
  if (!isRegular(state)) return { setting, path, mark, isFile: false, problem: 'is not a file' };
  if (state.size > MAX_SMALL_FILE_SIZE) {
    return { setting, path, mark, isFile: false, problem: `has more than ${MAX_SMALL_FILE_SIZE} bytes` };
  }
  return { setting, path, mark, isFile: true };
}

/** A file that does not exist is no problem; a file without a readable status is one. */
function nothing(setting: Finding['setting'], path: string, code: string): Finding {
  return {
    setting,
    path,
    mark: code,
    isFile: false,
    ...(!isMissingFile(code) && { problem: `cannot be read (${code})` }),
  };
}

async function statusOf(path: string): Promise<BigIntStats | string> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    return errorCode(error);
  }
}

function markOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

/** JavaScript's own order differs from Python's beyond the Basic Multilingual Plane. */
function byCodePoint(a: string, b: string): number {
  return Buffer.from(a).compare(Buffer.from(b));
}
