import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { RequestSender, type OutgoingRequest } from '../../conformance/request-sender.js';
import type { ReceivedAnswer } from '../../conformance/compare.js';

const START_TIMEOUT_MS = 120_000;

/** The path of the example action, which the service inserts into a new store. */
export const EXAMPLE_PATH =
  '/v2.1/servers/86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff/os-instance-actions/' +
  'req-920c6627-c8c9-4d02-9d3d-81917e5586df';

/** Environment variables of a service. It gets no others, except LONG_TIMEOUTS and `PORT=0`. */
export type Environment = Readonly<Record<string, string>>;

/** A line of the service's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** Returns the ids of the running child processes of a process. @throws Error if it is not running */
export function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

/** The service as it ships, in its own process. */
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
    // `close` instead of `exit`: the output is complete only at `close`.
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

  /** Standard output, then standard error. */
  get output(): string {
    return this.out + this.err;
  }

  /** The log: all lines of the standard output. @throws SyntaxError if a line is not JSON */
  get log(): readonly LogLine[] {
    const lines = this.out.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as LogLine);
  }

  /** Stops reading the standard output until `resumeStdout` is called. */
  pauseStdout(): void {
    this.child.stdout?.pause();
  }

  resumeStdout(): void {
    this.child.stdout?.resume();
  }

  /** Closes the pipe of the standard output. */
  closeStdout(): void {
    this.child.stdout?.destroy();
  }

  /** Closes the pipe of the standard error. */
  closeStderr(): void {
    this.child.stderr?.destroy();
  }

  /** Waits until the service logs that it listens. @returns its address */
  url(): Promise<string> {
    return this.announced(/listens on (https?:\/\/\S+);/);
  }

  /** Waits until the service logs the address of its operations port. @returns that address */
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
    if (!this.isRunning) await this.exit; // the output is complete then
    throw new Error(`the service does not listen; its output:\n${this.out}${this.err}`);
  }

  /** The ids of its running child processes. */
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

  /** Waits until the service has exited. @returns the exit code, or the signal that terminated it */
  async exited(): Promise<number | NodeJS.Signals | null> {
    await this.exit;
    return this.child.exitCode ?? this.child.signalCode;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Sends SIGKILL and waits until the service has exited. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited();
  }
}
