import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundle } from '../../../scripts/shared/bundle.js';

const PROJECT = join(import.meta.dirname, '..', '..', '..');
const BUNDLER = join('scripts', 'shared', 'bundle.ts');
const CACHE = join(PROJECT, 'node_modules', '.cache', 'built-service');
const A_DAY_MS = 86_400_000;

/**
 * Builds the service as `npm run build` does, beside the project's own `dist/`, and keeps the result for as long
 * as the sources stay the same. It lies in the project because the built files look for their packages upwards.
 *
 * @returns the path of its main program
 */
export async function builtService(): Promise<string> {
  const folder = join(CACHE, sourceDigest());
  const main = join(folder, 'dist', 'main.js');
  if (existsSync(main)) return main;
  await mkdir(CACHE, { recursive: true });
  removeOldBuilds();
  const building = await mkdtemp(join(CACHE, 'building-'));
  const compile = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--incremental', 'false'];
  try {
    await promisify(execFile)(process.execPath, [...compile, '--outDir', join(building, 'build')], {
      cwd: PROJECT,
    });
    await bundle(join(building, 'build'), join(building, 'dist'));
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string };
    throw new Error(`the service cannot be built:\n${stdout}`, { cause: error });
  }
  symlinkSync(join(PROJECT, 'package.json'), join(building, 'package.json'));
  symlinkSync(join(PROJECT, 'config'), join(building, 'config'));
  try {
    await rename(building, folder);
  } catch {
    // Another test file was quicker with the same sources.
    await rm(building, { recursive: true });
  }
  return main;
}

function sourceDigest(): string {
  const digest = createHash('sha256');
  const sources = readdirSync(join(PROJECT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .sort()
    .map((name) => join('src', name));
  for (const name of [...sources, 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json', BUNDLER]) {
    digest
      .update(name)
      .update('\0')
      .update(readFileSync(join(PROJECT, name)))
      .update('\0');
  }
  return digest.digest('hex').slice(0, 16);
}

/** Not all but the newest: another run may be at work with other sources. */
function removeOldBuilds(): void {
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name);
    if (statSync(path).mtimeMs < Date.now() - A_DAY_MS) rmSync(path, { recursive: true, force: true });
  }
}
