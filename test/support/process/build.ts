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
const DAY_MS = 86_400_000;

/**
 * Builds the service as `npm run build` does, but into a folder for these sources. If a test has already built the same
 * sources, returns that build. The folder is inside the project, so that Node finds `node_modules` in a parent folder.
 *
 * @returns the path of `main.js`
 */
export async function builtService(): Promise<string> {
  const folder = join(CACHE, sourceDigest());
  const main = join(folder, 'dist', 'main.js');
  if (existsSync(main)) return main;
  await mkdir(CACHE, { recursive: true });
  removeOldBuilds();
  const temporary = await mkdtemp(join(CACHE, 'building-'));
  // `npm run check` checks the types.
  const options = ['-p', 'tsconfig.build.json', '--incremental', 'false', '--noCheck'];
  const compile = ['node_modules/typescript/bin/tsc', ...options];
  try {
    await promisify(execFile)(process.execPath, [...compile, '--outDir', join(temporary, 'build')], {
      cwd: PROJECT,
    });
    await bundle(join(temporary, 'build'), join(temporary, 'dist'));
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string };
    throw new Error(`the service cannot be built:\n${stdout}`, { cause: error });
  }
  symlinkSync(join(PROJECT, 'package.json'), join(temporary, 'package.json'));
  symlinkSync(join(PROJECT, 'config'), join(temporary, 'config'));
  try {
    await rename(temporary, folder);
  } catch {
    // The folder exists: another test file has built the same sources at the same time, so this build is not needed.
    await rm(temporary, { recursive: true });
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

/**
 * Removes builds that are older than a day. Newer builds remain, because another test run with other sources may use
 * them.
 */
function removeOldBuilds(): void {
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name);
    if (statSync(path).mtimeMs < Date.now() - DAY_MS) rmSync(path, { recursive: true, force: true });
  }
}
