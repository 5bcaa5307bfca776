import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { bundle } from '../../../scripts/shared/bundle.js';
import { Asker, type Question } from '../../conformance/ask.js';
import type { ReceivedAnswer } from '../../conformance/compare.js';
import { Guardian } from './guardian.js';
import { PATIENT } from '../time/patience.js';

const PROJECT = join(import.meta.dirname, '..', '..', '..');
const START_WITHIN_MS = 120_000;

/** The action that an embedded store begins with. */
export const EXAMPLE_PATH =
  '/v2.1/servers/86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff/os-instance-actions/' +
  'req-920c6627-c8c9-4d02-9d3d-81917e5586df';

/** What a test sets. Nothing of the tests' own environment reaches the service, but PATIENT does, and a port of its own. */
export type Environment = Readonly<Record<string, string>>;

/** A line of its log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** The processes that one has started and that still run. @throws Error where it runs no more */
export function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

/** The service as it ships, built and run as a process of its own. */
export class ServiceProcess {
  private out = '';
  private err = '';
  private readonly gone: Promise<unknown>;

  constructor(
    private readonly child: ChildProcess,
    readonly launchedAt = Date.now(),
  ) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    // Not `exit`: only at `close` is all of the output there.
    this.gone = once(child, 'close');
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the service did not start');
    return this.child.pid;
  }

  get stdout(): string {
    return this.out;
  }

  get stderr(): string {
    return this.err;
  }

  /** Both. */
  get output(): string {
    return this.out + this.err;
  }

  /** The lines of its log, which are all of its standard output; one that is no JSON is an error. */
  get log(): readonly LogLine[] {
    const lines = this.out.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as LogLine);
  }

  /** Nobody reads its standard output until `resumeOutput`. */
  pauseOutput(): void {
    this.child.stdout?.pause();
  }

  resumeOutput(): void {
    this.child.stdout?.resume();
  }

  /** Nobody will ever read it. */
  closeOutput(): void {
    this.child.stdout?.destroy();
  }

  /** Nobody will ever read its standard error. */
  closeErrors(): void {
    this.child.stderr?.destroy();
  }

  /** Waits until the service says that it listens. @returns its address */
  url(): Promise<string> {
    return this.announced(/listens on (https?:\/\/\S+);/);
  }

  /** Waits likewise. @returns the address of the port for operators, where there is one */
  operationsUrl(): Promise<string> {
    return this.announced(/operations at (http:\/\/[^\s"]+)"/);
  }

  private async announced(address: RegExp): Promise<string> {
    for (;;) {
      const url = address.exec(this.out)?.[1];
      if (url !== undefined && this.running) return url;
      if (!this.running || Date.now() > this.launchedAt + START_WITHIN_MS) break;
      await sleep(10);
    }
    if (!this.running) await this.gone; // so that its last words are all there
    throw new Error(`the service does not listen; it said:\n${this.out}${this.err}`);
  }

  /** The processes that it has started and that still run. */
  get children(): readonly number[] {
    return childrenOf(this.pid);
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Asks over a connection of its own. */
  ask(token: string, path = EXAMPLE_PATH): Promise<ReceivedAnswer> {
    return this.answerTo({ method: 'GET', path, headers: { 'X-Auth-Token': token }, body: undefined });
  }

  /** Likewise. @throws Error that also tells what the service had to say, should it have ended */
  async answerTo(question: Question): Promise<ReceivedAnswer> {
    const asker = new Asker(await this.url(), 1);
    try {
      return await asker.ask(question);
    } catch (error) {
      if (this.running) throw error;
      throw new Error(`the service has ended (${await this.ended()}): ${this.output}`, { cause: error });
    } finally {
      asker.close();
    }
  }

  /** Waits for the end. @returns the exit code, or the signal that ended it */
  async ended(): Promise<number | NodeJS.Signals | null> {
    await this.gone;
    return this.child.exitCode ?? this.child.signalCode;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Ends it with no chance to clean up. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended();
  }
}

/** The tokens that are shipped. */
export const DEMO_TOKENS = join(PROJECT, 'config', 'demo-tokens.json');

/** An empty folder to start the service in; nothing of it outlives the test run. */
export class Workplace {
  /** The working directory, where `data/` and `.env` are looked for. */
  readonly folder: string;
  private readonly guardian: Guardian;
  private readonly services: ServiceProcess[] = [];

  private constructor(
    place: string,
    private readonly main: string,
  ) {
    this.guardian = new Guardian(place);
    this.folder = join(place, 'folder');
    mkdirSync(this.folder);
  }

  static async create(): Promise<Workplace> {
    const main = await builtService();
    return new Workplace(await mkdtemp(join(tmpdir(), 'workplace-')), main);
  }

  /**
   * Starts the service here; one at a time.
   *
   * @param before words to put before the command, such as `nsenter` and its
   * @param program of those in `dist/`, or the path of another build's
   * @param options of the program
   */
  launch(
    environment: Environment = {},
    {
      before = [],
      program = 'main.js',
      options = [],
    }: { before?: readonly string[]; program?: string; options?: readonly string[] } = {},
  ): ServiceProcess {
    // As `npm start` does it.
    const path = resolve(dirname(this.main), program);
    const command = [...before, process.execPath, path, ...options];
    const child = spawn(command[0] ?? '', command.slice(1), {
      cwd: this.folder,
      env: { PORT: '0', ...PATIENT, ...demoTokensFor(environment), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid !== undefined) this.guardian.watch(child.pid);
    child.once('exit', () => {
      this.guardian.forget();
    });
    const service = new ServiceProcess(child);
    this.services.push(service);
    return service;
  }

  /** Puts a file here. @returns its path */
  async file(name: string, content: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, content);
    return path;
  }

  /** Ends what still runs and removes the folder. */
  async remove(): Promise<void> {
    for (const service of this.services) await service.kill();
    await this.guardian.end();
  }
}

/** The demo tokens are the default on the embedded store alone; elsewhere they must be asked for. */
function demoTokensFor({ DATABASE_URL = '' }: Environment): Environment {
  return DATABASE_URL.startsWith('mysql:') ? { TOKENS_FILE: DEMO_TOKENS } : {};
}

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
