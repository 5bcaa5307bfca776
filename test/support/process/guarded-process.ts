import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Guardian } from './guardian.js';

const START_WITHIN_MS = 180_000;
const GONE_WITHIN_MS = 5_000;

/** What is run, and where its output goes; without an environment it has the tests' own. */
export interface Command {
  readonly program: string;
  readonly words: readonly string[];
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A server in a folder of its own, which can be ended and started again, and does not outlive the test run.
 * It leads a group of processes, and what is done to it is done to all of them.
 */
export abstract class GuardedProcess {
  private server: ChildProcess | undefined;

  protected constructor(
    private readonly title: string,
    protected readonly folder: string,
    protected readonly guardian: Guardian,
  ) {}

  /** Of the process that was started. */
  get pid(): number {
    const pid = this.server?.pid;
    if (pid === undefined) throw new Error(`this ${this.title} is not running`);
    return pid;
  }

  /** Sends a signal, for instance SIGSTOP. */
  signal(name: NodeJS.Signals): void {
    const leader = this.server?.pid;
    if (leader === undefined || !sendToGroup(leader, name)) {
      throw new Error(`this ${this.title} is not running: ${name} cannot be sent`);
    }
  }

  /** Ends the server with kill -9. */
  async kill(): Promise<void> {
    const server = this.server;
    if (server?.pid === undefined) return;
    const gone = once(server, 'exit');
    server.ref();
    sendToGroup(server.pid, 'SIGKILL');
    await gone;
    // Until then the port is still taken.
    await groupGone(server.pid);
  }

  /** Ends the server and removes its folder. */
  async stop(): Promise<void> {
    await this.kill();
    await this.guardian.end();
  }

  /** Starts the server, which is not ready with that. @returns whether this very process still runs */
  protected launch({ program, words, log: path, env }: Command): () => boolean {
    if (this.server) throw new Error(`this ${this.title} is already running`);
    const log = openSync(path, 'a');
    const server = spawn(program, words, {
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

  /** Waits until the server answers. @param answers what went wrong, or undefined once it is ready */
  protected async waitUntilReady(
    runs: () => boolean,
    log: string,
    answers: () => Promise<unknown>,
  ): Promise<void> {
    const until = Date.now() + START_WITHIN_MS;
    let last: unknown;
    while (runs() && Date.now() < until) {
      try {
        last = await answers();
        if (last === undefined) return;
      } catch (error) {
        last = error;
      }
      await sleep(20);
    }
    await this.kill();
    const tail = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-40).join('\n');
    throw new Error(
      `${this.title} did not start (last answer: ${String(last)}). Its log ends with:\n${tail}`,
    );
  }
}

/** @returns whether there was anybody to send it to */
function sendToGroup(leader: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, name);
  } catch {
    return false;
  }
}

async function groupGone(leader: number): Promise<void> {
  // Not for ever: where nobody buries the dead, they count as members.
  const until = Date.now() + GONE_WITHIN_MS;
  while (Date.now() < until && sendToGroup(leader, 0)) await sleep(5);
}
