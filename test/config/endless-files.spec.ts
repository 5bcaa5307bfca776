import { afterAll, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../src/config/load-settings.js';

const folder = mkdtempSync(join(tmpdir(), 'settings-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('the service does not start if .env or the file of a setting is a pipe, a device or a folder, because reading might never end', () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const path of [pipe, '/dev/zero', '/dev/tty', folder]) {
    expect(() => loadSettings({ OS_PASSWORD_FILE: path }, 'none')).toThrow(
      /^OS_PASSWORD_FILE names a file that cannot be read \(/,
    );
  }
  expect(() => loadSettings({ OS_PASSWORD_FILE: pipe }, 'none')).toThrow('it is not a regular file');
  expect(() => loadSettings({}, pipe)).toThrow('pipe cannot be read (it is not a regular file)');
});
