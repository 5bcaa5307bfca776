import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideTools } from './debian.js';
import type { Tool } from './tools.js';

const MISSING = "missing: Absent, Gone; install Debian's absent-package gone-package";
const { PATH, TEST_INSTALL } = process.env;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'debian-'));
  program('sudo', 'shift; exec "$@"');
  // A fake apt-get, which installs only one of the two programs.
  program('apt-get', `echo "$*" >> ${folder}/log; cp ${folder}/sudo ${folder}/absent-program`);
  process.env.PATH = `${folder}:${PATH}`;
});

afterEach(() => {
  process.env.PATH = PATH;
  if (TEST_INSTALL === undefined) delete process.env.TEST_INSTALL;
  else process.env.TEST_INSTALL = TEST_INSTALL;
  rmSync(folder, { recursive: true });
});

function program(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

function tool(name: string): Tool {
  return { programs: ['sh', `${name}-program`], packages: [`${name}-package`], suites: [] };
}

it.each(['', 'no', 'true'])(
  'provideTools names the missing tools, the packages with these tools and TEST_INSTALL in one line, and installs nothing, with TEST_INSTALL=%j',
  async (setting) => {
    process.env.TEST_INSTALL = setting;
    const provided = provideTools({ Absent: tool('absent'), Gone: tool('gone') });
    await expect(provided).rejects.toThrow(
      `${MISSING}, or set TEST_INSTALL=yes to have the tests install it`,
    );
    expect(existsSync(join(folder, 'log'))).toBe(false);
  },
);

it('with TEST_INSTALL=yes, provideTools installs all missing packages in one call, and then names the tools that are still missing', async () => {
  process.env.TEST_INSTALL = 'yes';
  await provideTools({ Absent: tool('absent') });
  await expect(provideTools({ Absent: tool('absent'), Gone: tool('gone') })).rejects.toThrow(
    "missing: Gone; install Debian's gone-package; apt-get reported: nothing",
  );
  const calls = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
  expect(calls).toEqual([
    expect.stringMatching(/ install .* absent-package$/),
    expect.stringMatching(/ install .* gone-package$/),
  ]);
});
