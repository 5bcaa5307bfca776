import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Guardian } from './guardian.js';

/** What is run, and where its output goes; without an environment it has the tests' own. */
export interface Command {
  readonly program: string;
  readonly words: readonly string[];
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A server in a folder of its own, which can be ended and started again, and does not outlive the test run. */
export abstract class GuardedProcess {
  private server: ChildProcess | undefined;

  protected constructor(
    private readonly title: string,
    protected readonly folder: string,
    protected readonly guardian: Guardian,
  ) {}

  /** Sends a signal, for instance SIGSTOP. */
  signal(name: NodeJS.Signals): void {
    if (!this.server?.kill(name))
      throw new Error(`this ${this.title} is not running: ${name} cannot be sent`);
  }

  /** Ends the server with kill -9. */
  async kill(): Promise<void> {
    const server = this.server;
    if (!server) return;
    const gone = once(server, 'exit');
    server.ref();
    server.kill('SIGKILL');
    await gone;
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
}
