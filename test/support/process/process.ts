import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { RequestSender, type OutgoingRequest } from '../../conformance/request-sender.js';
import type { ReceivedAnswer } from '../../conformance/compare.js';

const START_TIMEOUT_MS = 120_000;

/** The path of the example action, which the service inserts into a new database. */
export const EXAMPLE_PATH =
  '/v2.1/servers/86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff/os-instance-actions/' +
  'req-920c6627-c8c9-4d02-9d3d-81917e5586df';

/** The environment variables of a service. The service also gets LONG_TIMEOUTS and `PORT=0`, but no other variables. */
export type Environment = Readonly<Record<string, string>>;

/** A line of the service's log, parsed as JSON. */
export type LogLine = Readonly<Record<string, unknown>>;

/** Returns the ids of all running child processes of a process. @throws Error if the process is not running */
export function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

/** The built service in a separate process. */
export class ServiceProcess {
  private out = '';
  private err = '';
  private readonly exit: Promise<unknown>;

  constructor(
    private readonly child: ChildProcess,
    readonly launchedAt = Date.now(),
  ) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    // The event `close` comes after `exit`, when all output has been read.
    this.exit = once(child, 'close');
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

  /** The text of the standard output, followed by that of the standard error. */
  get output(): string {
    return this.out + this.err;
  }

  /** All lines of the standard output, parsed as JSON. @throws SyntaxError if a line is not JSON */
  get log(): readonly LogLine[] {
    const lines = this.out.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as LogLine);
  }

  /** Stops reading the standard output. `resumeStdout` continues it. */
  pauseStdout(): void {
    this.child.stdout?.pause();
  }

  resumeStdout(): void {
    this.child.stdout?.resume();
  }

  /** Closes this end of the pipe that is the service's standard output. */
  closeStdout(): void {
    this.child.stdout?.destroy();
  }

  /** Closes this end of the pipe that is the service's standard error. */
  closeStderr(): void {
    this.child.stderr?.destroy();
  }

  /** Waits until the service logs that it listens. @returns the URL of the service */
  url(): Promise<string> {
    return this.announced(/listens on (https?:\/\/\S+);/);
  }

  /** Waits until the service logs the URL of its operations port (for health checks and metrics). @returns this URL */
  operationsUrl(): Promise<string> {
    return this.announced(/operations at (http:\/\/[^\s"]+)"/);
  }

  private async announced(address: RegExp): Promise<string> {
    for (;;) {
      const url = address.exec(this.out)?.[1];
      if (url !== undefined && this.isRunning) return url;
      if (!this.isRunning || Date.now() > this.launchedAt + START_TIMEOUT_MS) break;
      await sleep(10);
    }
    // The output is complete only after the event `close`, for which `exit` waits.
    if (!this.isRunning) await this.exit;
    throw new Error(`the service does not listen; its output:\n${this.out}${this.err}`);
  }

  /** The ids of the service's running child processes. */
  get children(): readonly number[] {
    return childrenOf(this.pid);
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Sends a GET request over a new connection. */
  get(token: string, path = EXAMPLE_PATH): Promise<ReceivedAnswer> {
    return this.send({ method: 'GET', path, headers: { 'X-Auth-Token': token }, body: undefined });
  }

  /** Sends a request over a new connection. @throws Error with the service's output if the service has exited */
  async send(request: OutgoingRequest): Promise<ReceivedAnswer> {
    const sender = new RequestSender(await this.url(), 1);
    try {
      return await sender.send(request);
    } catch (error) {
      if (this.isRunning) throw error;
      throw new Error(`the service has exited (${await this.exited()}): ${this.output}`, { cause: error });
    } finally {
      sender.close();
    }
  }

  /**
   * Waits until the service has exited.
   *
   * @returns the exit code, or the name of the signal that terminated the service
   */
  async exited(): Promise<number | NodeJS.Signals | null> {
    await this.exit;
    return this.child.exitCode ?? this.child.signalCode;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Sends SIGKILL to the service, and waits until it has exited. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited();
  }
}
