import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';

/** A version of Node in a folder of its own. */
export interface OtherNode {
  readonly version: string;
  /** The environment in which this Node is the one that programs find. */
  readonly environment: NodeJS.ProcessEnv;
  /** Runs a program to its end and lets its output through. @throws Error where it fails, or warns although it must not */
  run(folder: string, program: string, ...words: readonly string[]): Promise<string>;
}

/**
 * Installs a version of Node from npm. The package `node` has a script that installs the package of this platform; npm 12
 * does not run such scripts, so this names the package of the platform itself.
 *
 * @param version such as `24`: then its newest release
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
    // Where node-gyp finds the headers of this Node, should the driver have to be built.
    npm_package_config_node_gyp_nodedir: home,
    // No test here needs more than SQLite.
    TEST_DATABASES: 'sqlite',
  };
  const run = (place: string, program: string, ...words: readonly string[]): Promise<string> =>
    runIn(environment, place, program, words);
  const found = (await run(folder, 'node', '--version')).trim().slice(1);
  return { version: found, environment, run };
}

/** @returns what the program wrote on both outputs */
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
    throw new Error(`"${[program, ...words].join(' ')}" ended with ${child.exitCode}`);
  return out + err;
}
