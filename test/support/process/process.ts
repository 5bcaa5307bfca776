import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { RequestSender, type OutgoingRequest } from '../../conformance/request-sender.js';
import type { ReceivedAnswer } from '../../conformance/compare.js';

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
  async answerTo(question: OutgoingRequest): Promise<ReceivedAnswer> {
    const sender = new RequestSender(await this.url(), 1);
    try {
      return await sender.send(question);
    } catch (error) {
      if (this.running) throw error;
      throw new Error(`the service has ended (${await this.ended()}): ${this.output}`, { cause: error });
    } finally {
      sender.close();
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
