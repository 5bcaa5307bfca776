import { build } from 'esbuild';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { PrivateMariaDb } from '../databases/mariadb.js';
import type { Random } from '../random.js';

const SCRIPT = join(import.meta.dirname, 'recording-process.ts');
const PROJECT = join(import.meta.dirname, '..', '..', '..');
/** The number of recorders that compete. */
const RECORDERS = 2;
/** The maximum length of the stored output, in characters. */
const MAX_OUTPUT = 20_000;
/** If the recorders write nothing for this time, one of them is killed nevertheless, in milliseconds. */
const MAX_WAIT_MS = 60_000;

/** Recorders in their own processes. Kills them, and the MariaDB of the store, with SIGKILL at random moments. */
export class Killer {
  readonly kills = { recorders: 0, store: 0 };
  private readonly running: (ChildProcess | undefined)[] = new Array<undefined>(RECORDERS).fill(undefined);
  private isActive = false;
  private killing: Promise<void> = Promise.resolve();
  private text = '';

  private constructor(
    private readonly program: string,
    private readonly words: readonly string[],
    private readonly store: PrivateMariaDb,
    private readonly storeUrl: string,
    private readonly random: Random,
  ) {}

  /**
   * Builds the program.
   *
   * @param divisor the number by which the times of the recorders are divided
   */
  static async create(
    apiUrl: string,
    store: PrivateMariaDb,
    storeUrl: string,
    divisor: number,
    random: Random,
  ): Promise<Killer> {
    const { outputFiles } = await build({
      ...{ entryPoints: [SCRIPT], bundle: true, write: false, platform: 'node', format: 'esm' },
      packages: 'external',
    });
    return new Killer(
      outputFiles[0]?.text ?? '',
      [apiUrl, storeUrl, String(divisor)],
      store,
      storeUrl,
      random,
    );
  }

  /** The end of what the recorders have written to their standard output and error. */
  get output(): string {
    return this.text;
  }

  /** Starts the recorders, and kills one after the other. */
  start(): void {
    this.isActive = true;
    this.keepRunning();
    this.killing = this.kill();
  }

  /** Stops the killing. The recorders continue to run. */
  async stopKilling(): Promise<void> {
    this.isActive = false;
    await this.killing;
    this.keepRunning();
  }

  /** Kills all recorders. */
  async stop(): Promise<void> {
    this.isActive = false;
    await this.killing;
    for (let index = 0; index < RECORDERS; index += 1) await this.killRecorder(index);
  }

  private async kill(): Promise<void> {
    while (this.isActive) {
      await this.someProgress();
      if (this.random.chance(0.1)) {
        await this.store.kill();
        await sleep(this.random.int(0, 500));
        await this.store.start();
        this.kills.store += 1;
      } else {
        await this.killRecorder(this.random.int(0, RECORDERS - 1));
        this.kills.recorders += 1;
      }
      this.keepRunning();
    }
  }

  /**
   * Waits until the recorders have written something, and then for a random time. So a busy machine makes the test
   * slower, but the recorders still make progress. Some recorders are killed while they start.
   */
  private async someProgress(): Promise<void> {
    if (this.random.chance(0.7)) {
      const [before, deadline] = [await this.headPosition(), Date.now() + MAX_WAIT_MS];
      while (this.isActive && Date.now() < deadline && (await this.headPosition()) === before)
        await sleep(50);
    }
    if (this.isActive) await sleep(this.random.int(0, 2_000));
  }

  private async headPosition(): Promise<number> {
    const connection = await createConnection(this.storeUrl);
    const [[head]] = await connection.query<RowDataPacket[]>('SELECT position FROM record_head');
    await connection.end();
    return Number(head?.['position']);
  }

  private async killRecorder(index: number): Promise<void> {
    const child = this.running[index];
    if (child?.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    await this.expireLeases();
  }

  /** Makes all leases expire, as they would some seconds after their holder was killed. */
  private async expireLeases(): Promise<void> {
    const connection = await createConnection(this.storeUrl);
    await connection.query("UPDATE nova_action_log_leases SET held_until = '2001-01-01'");
    await connection.end();
  }

  /** Starts the recorders that do not run. A recorder that starts while the store is down exits. */
  private keepRunning(): void {
    for (const [index, child] of this.running.entries()) {
      if (child?.exitCode === null && child.signalCode === null) continue;
      const env = { ...process.env, NODE_OPTIONS: '' };
      const args = ['--input-type=module', '-', ...this.words];
      const started = spawn(process.execPath, args, { env, cwd: PROJECT });
      // A recorder that exits at once may not have read its program.
      started.stdin.on('error', () => undefined).end(this.program);
      const note = (text: string): void => {
        this.text = (this.text + text).slice(-MAX_OUTPUT);
      };
      started.stdout.setEncoding('utf8').on('data', note);
      started.stderr.setEncoding('utf8').on('data', note);
      this.running[index] = started;
    }
  }
}
