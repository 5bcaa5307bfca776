import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';

/** A version of Node in a separate folder. */
export interface OtherNode {
  readonly version: string;
  /** The environment variables with which programs use this Node. `PATH` begins with its folder. */
  readonly environment: NodeJS.ProcessEnv;
  /**
   * Runs a program, copies its output to standard error, and returns the output. @throws Error if the exit code is not
   * 0
   */
  run(folder: string, program: string, ...words: readonly string[]): Promise<string>;
}

/**
 * Installs a version of Node from npm. It installs the package for this platform directly: the package `node` would
 * install it only in an install script, which npm 12 does not run.
 *
 * @param version a version such as `24`, which means its newest release
 */
export async function installNode(version: string, folder: string): Promise<OtherNode> {
  const name = `node-${process.platform}-${process.arch}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  await runIn(process.env, folder, 'npm', ['install', '--no-audit', '--no-fund', `${name}@${version}`]);
  const home = join(folder, 'node_modules', name);
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${join(home, 'bin')}${delimiter}${process.env.PATH ?? ''}`,
    // npm compiles the SQLite driver with node-gyp if there is no binary for this Node. In this folder node-gyp finds
    // the header files of Node.
    npm_package_config_node_gyp_nodedir: home,
    // `npm run test:quick` needs no MariaDB.
    TEST_DATABASES: 'sqlite',
  };
  const run = (cwd: string, program: string, ...words: readonly string[]): Promise<string> =>
    runIn(environment, cwd, program, words);
  const found = (await run(folder, 'node', '--version')).trim().slice(1);
  return { version: found, environment, run };
}

/** Runs a program. @returns its standard output and standard error */
async function runIn(
  env: NodeJS.ProcessEnv,
  cwd: string,
  program: string,
  words: readonly string[],
): Promise<string> {
  const child = spawn(program, words, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(process.stderr, { end: false });
  child.stderr.pipe(process.stderr, { end: false });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (child.exitCode !== 0)
    throw new Error(`"${[program, ...words].join(' ')}" exited with ${child.exitCode}`);
  return out + err;
}
