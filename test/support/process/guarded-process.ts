import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Guardian } from './guardian.js';

const START_TIMEOUT_MS = 180_000;
const EXIT_TIMEOUT_MS = 5_000;

/**
 * A program to start, and the file to which its output is written. Without `env`, the program gets the environment
 * variables of the tests.
 */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A server in its own process and folder. A test can kill it and start it again. When the test run ends, the server is
 * killed.
 *
 * The process leads a process group, and all signals are sent to the whole group.
 */
export abstract class GuardedProcess {
  private server: ChildProcess | undefined;

  protected constructor(
    private readonly title: string,
    protected readonly folder: string,
    protected readonly guardian: Guardian,
  ) {}

  /** The id of the server's process. @throws Error if the server is not running */
  get pid(): number {
    const pid = this.server?.pid;
    if (pid === undefined) throw new Error(`this ${this.title} is not running`);
    return pid;
  }

  /** Sends a signal to the process group, for example SIGSTOP. @throws Error if the server is not running */
  signal(name: NodeJS.Signals): void {
    const leader = this.server?.pid;
    if (leader === undefined || !sendToGroup(leader, name)) {
      throw new Error(`this ${this.title} is not running: ${name} cannot be sent`);
    }
  }

  /** Sends SIGKILL to the process group, and waits until all its processes have exited. */
  async kill(): Promise<void> {
    const server = this.server;
    if (server?.pid === undefined) return;
    const exited = once(server, 'exit');
    server.ref();
    sendToGroup(server.pid, 'SIGKILL');
    await exited;
    // If a process of the group were still running, it would occupy the port.
    await groupExited(server.pid);
  }

  /** Kills the server, and removes its folder. */
  async stop(): Promise<void> {
    await this.kill();
    await this.guardian.end();
  }

  /**
   * Starts the server. Does not wait until the server is ready.
   *
   * @returns a function that returns true while this process is running
   */
  protected launch({ program, args, log: path, env }: Command): () => boolean {
    if (this.server) throw new Error(`this ${this.title} is already running`);
    const log = openSync(path, 'a');
    const server = spawn(program, args, {
      cwd: this.folder,
      env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    server.unref();
    const forget = (): void => {
      if (this.server !== server) return;
      this.server = undefined;
      this.guardian.forget();
    };
    server.once('exit', forget);
    server.once('error', forget);
    this.server = server;
    if (server.pid !== undefined) this.guardian.watch(server.pid);
    return () => this.server === server;
  }

  /**
   * Waits until the server is ready.
   *
   * @param probe returns undefined if the server is ready, otherwise a description of the problem
   */
  protected async waitUntilReady(
    isRunning: () => boolean,
    log: string,
    probe: () => Promise<unknown>,
  ): Promise<void> {
    const until = Date.now() + START_TIMEOUT_MS;
    let last: unknown;
    while (isRunning() && Date.now() < until) {
      try {
        last = await probe();
        if (last === undefined) return;
      } catch (error) {
        last = error;
      }
      await sleep(20);
    }
    await this.kill();
    const tail = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-40).join('\n');
    throw new Error(`${this.title} did not start (last probe: ${String(last)}). Its log ends with:\n${tail}`);
  }
}

/** Sends a signal to a process group. @returns true if the group contains a process */
function sendToGroup(leader: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, name);
  } catch {
    return false;
  }
}

async function groupExited(leader: number): Promise<void> {
  // The wait has a time limit. If the machine has no init process, processes that have exited stay in the group
  // forever.
  const until = Date.now() + EXIT_TIMEOUT_MS;
  while (Date.now() < until && sendToGroup(leader, 0)) await sleep(5);
}
