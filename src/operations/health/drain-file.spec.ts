import { expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DrainFile } from './drain-file.js';

it('DrainFile keeps the last result while the system reports an error for the file', async () => {
  const root = mkdtempSync(join(tmpdir(), 'drain-'));
  const folder = join(root, 'run');
  const path = join(folder, 'drain');
  /** Replaces the file by a link to itself, for which the system reports the error ELOOP. */
  const makeUnreadable = (): void => {
    rmSync(folder, { recursive: true, force: true });
    symlinkSync(folder, folder);
  };
  const makeFolder = (): void => {
    rmSync(folder, { force: true });
    mkdirSync(folder);
  };
  try {
    const file = new DrainFile({ HEALTHCHECK_DISABLE_FILE: path });
    makeUnreadable();
    expect(await file.exists()).toBe(false);
    makeFolder();
    writeFileSync(path, '');
    expect(await file.exists()).toBe(true);
    makeUnreadable();
    expect(await file.exists()).toBe(true);
    makeFolder();
    expect(await file.exists()).toBe(false);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file in place of the folder');
    expect(await file.exists()).toBe(false);
  } finally {
    rmSync(root, { recursive: true });
  }
});

it('DrainFile runs one check at a time, and reports that the file does not exist until the first check has finished', async () => {
  let checks = 0;
  class HangingFile extends DrainFile {
    protected override readonly access = (): Promise<void> => {
      checks += 1;
      return new Promise(() => undefined);
    };
  }
  const file = new HangingFile({ HEALTHCHECK_DISABLE_FILE: '/file-server/drain' });
  expect(await Promise.all([file.exists(), file.exists()])).toEqual([false, false]);
  expect(await file.exists()).toBe(false);
  expect(checks).toBe(1);
});

it('DrainFile reports that the file does not exist if HEALTHCHECK_DISABLE_FILE is not set', async () => {
  expect(await new DrainFile({}).exists()).toBe(false);
});
