import { beforeAll, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Guardian } from '../support/process/guardian.js';
import { builtService } from '../support/process/build.js';
import { ServiceProcess } from '../support/process/process.js';
import { closeAfterAll } from '../support/close-after-all.js';

const PROJECT = join(import.meta.dirname, '..', '..');

let folder: string;
/** The path at which the driver looks for a binary that was compiled on this machine. */
let binary: string;

const keep = closeAfterAll();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'no-driver-'));
  keep(new Guardian(folder));
  cpSync(dirname(await builtService()), join(folder, 'dist'), { recursive: true });
  const driver = join(folder, 'node_modules', 'better-sqlite3');
  mkdirSync(join(driver, 'build', 'Release'), { recursive: true });
  for (const part of ['package.json', 'lib']) {
    cpSync(join(PROJECT, 'node_modules', 'better-sqlite3', part), join(driver, part), { recursive: true });
  }
  symlinkSync(
    join(PROJECT, 'node_modules', 'swagger-ui-dist'),
    join(folder, 'node_modules', 'swagger-ui-dist'),
  );
  for (const name of ['package.json', 'config']) symlinkSync(join(PROJECT, name), join(folder, name));
  binary = join(driver, 'build', 'Release', 'better_sqlite3.node');
});

it.each([
  ['has no binary', () => undefined],
  [
    'has a binary for another system',
    () => {
      writeFileSync(binary, 'made for another system');
    },
  ],
])(
  'a service whose driver for the embedded database %s exits with a one-line error that says what to do',
  async (_case, prepare) => {
    prepare();
    const child = spawn(process.execPath, ['dist/main.js'], { cwd: folder, env: { PORT: '0' } });
    const service = new ServiceProcess(child);
    expect(await service.exited()).toBe(1);
    expect(service.stderr).toMatch(
      /^nova-action-log cannot start: DATABASE_URL: Node \S+ cannot load the driver of the embedded database \([^\n]+\); run "npm ci" or, [^\n]+ "npm run build:driver", which needs [^\n]+\n$/,
    );
  },
);
