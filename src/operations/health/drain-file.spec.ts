import { expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DrainFile } from './drain-file.js';

it('the drain file counts as it was last seen while the system cannot tell whether it is there', async () => {
  const place = mkdtempSync(join(tmpdir(), 'drain-'));
  const folder = join(place, 'run');
  const path = join(folder, 'drain');
  /** A link to itself, which the system follows until it refuses (ELOOP). */
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
    writeFileSync(folder, 'a file where the folder was');
    expect(await file.exists()).toBe(false);
  } finally {
    rmSync(place, { recursive: true });
  }
});

it('the drain file is looked for once at a time, and counts as not there until the system answers', async () => {
  let looks = 0;
  class HangingFile extends DrainFile {
    protected override readonly access = (): Promise<void> => {
      looks += 1;
      return new Promise(() => undefined);
    };
  }
  const file = new HangingFile({ HEALTHCHECK_DISABLE_FILE: '/file-server/drain' });
  expect(await Promise.all([file.exists(), file.exists()])).toEqual([false, false]);
  expect(await file.exists()).toBe(false);
  expect(looks).toBe(1);
});

it('there is no drain file where none is set', async () => {
  expect(await new DrainFile({}).exists()).toBe(false);
});
