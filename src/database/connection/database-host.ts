import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { ConnectionOptions } from 'mysql2';
import type { DataSource } from 'typeorm';
import { Bag } from '../../common/bag.js';
import { errorText } from '../../common/error-text.js';
import { turnForWork } from '../../common/turns.js';
import { within } from '../../common/within.js';
import { probeHost } from './host-probe.js';
import { isFaultOfHost } from './mysql-errors.js';
import { type Connections, PoolWatch } from './pool-watch.js';
import { timeLimits } from './time-limits.js';

/** How often a host that is down is asked for a sign of life, in milliseconds. */
const PROBE_EVERY = 500;

/** How long the store may take to part, in milliseconds. */
const PARTING_TIME_LIMIT = 1_000;

/** Somebody who waits for an answer. */
interface Waiting {
  giveUp: (reason: Error) => void;
}

/** One of the servers that hold a database; whether it is up, and the connections to it. */
export class DatabaseHost {
  private readonly log = new Logger('Databases');
  private connected: { readonly source: DataSource; readonly pool: PoolWatch } | undefined;
  private connecting: Promise<void> | undefined;
  private probing: Promise<boolean> | undefined;
  private readonly waiting = new Bag<Waiting>();
  private state: 'up' | 'down' | 'closed' = 'up';
  private address: ConnectionOptions | undefined;

  /**
   * @param name for the log
   * @param open makes a DataSource, not yet connected
   * @param readAddress how to reach the host beside its connections; undefined for a file, which is never down
   * @throws what `readAddress` throws
   */
  constructor(
    private readonly name: string,
    private readonly open: () => DataSource,
    private readonly readAddress: (() => ConnectionOptions) | undefined,
  ) {
    this.address = readAddress?.();
  }

  /** Whether it makes sense to ask it. One that is not is asked in the background until it is. */
  isUp(): boolean {
    return this.state === 'up';
  }

  /** Whether it gives a sign of life, within half a second. What is found is for whoever asks, and changes nothing here. */
  givesSignOfLife(): Promise<boolean> {
    return this.state === 'up' ? this.probe() : Promise.resolve(false);
  }

  /** The connections in its pool; undefined where there is none. */
  connections(): Connections | undefined {
    return this.connected?.pool.connectionCounts();
  }

  /**
   * Asks one question; the first one connects. A question that went down with its connection is asked once more.
   *
   * @param deadline as of `performance.now()`
   * @param suspectAfter after how many milliseconds the host must show that it lives, to be waited for any longer
   * @throws the driver's own error, or that of the deadline; `isUp` then tells whether another question makes sense
   */
  async ask<Answer>(
    deadline: number,
    question: (source: DataSource) => Promise<Answer>,
    suspectAfter: number,
  ): Promise<Answer> {
    try {
      return await this.answerInTime(deadline, question, suspectAfter);
    } catch (error) {
      if (!isFaultOfHost(error)) throw error;
      const isAlive = await within(deadline - performance.now(), this.isAlive(errorText(error)));
      if (!isAlive) throw error;
    }
    return this.answerInTime(deadline, question, suspectAfter);
  }

  async close(): Promise<void> {
    this.state = 'closed';
    await this.part();
  }

  /** Whoever waits when the host goes down waits no longer. */
  private async answerInTime<Answer>(
    deadline: number,
    question: (source: DataSource) => Promise<Answer>,
    suspectAfter: number,
  ): Promise<Answer> {
    const asked = performance.now();
    const timers = new Set<NodeJS.Timeout>();
    const waiting: Waiting = { giveUp: () => undefined };
    const failure = new Promise<never>((_resolve, reject) => {
      waiting.giveUp = reject;
    });
    this.waiting.add(waiting);
    timers.add(
      setTimeout(() => {
        this.connected?.pool.dropUnanswered(asked);
        waiting.giveUp(new Error('no answer in time'));
      }, deadline - asked),
    );
    // Where others are answered meanwhile, or the host lives, it is the question that is slow.
    const look = (): void => {
      const silence = this.silence(asked);
      if (silence >= suspectAfter) void this.isAlive('no sign of life');
      else timers.add(setTimeout(look, suspectAfter - silence));
    };
    look();
    try {
      return await Promise.race([this.answer(question, deadline), failure]);
    } finally {
      this.waiting.remove(waiting);
      for (const timer of timers) clearTimeout(timer);
    }
  }

  /** For how long nobody has been answered who asked at this moment or since, in milliseconds. */
  private silence(asked: number): number {
    return performance.now() - Math.max(asked, this.connected?.pool.lastAnswer ?? 0);
  }

  private async answer<Answer>(
    question: (source: DataSource) => Promise<Answer>,
    deadline: number,
  ): Promise<Answer> {
    // The embedded database works in this process, and holds it up for as long as it takes.
    const turn = this.address === undefined ? turnForWork() : undefined;
    if (turn !== undefined) await turn;
    if (deadline < performance.now()) throw new Error('no time is left to ask');
    if (this.connected === undefined) {
      this.connecting ??= this.connect().finally(() => {
        this.connecting = undefined;
      });
      await this.connecting;
    }
    if (this.connected === undefined) throw new Error(`${this.name} is not connected`);
    return question(this.connected.source);
  }

  /** With a limit of its own: an attempt that nobody ends would be waited for by all who come. */
  private async connect(): Promise<void> {
    const source = this.open();
    const initialized = source.initialize();
    try {
      await within(timeLimits().firstConnection, initialized);
      if (this.state === 'closed') throw new Error(`${this.name} is closed`);
    } catch (error) {
      // Nobody else would part with what stands then, or later.
      initialized.then(() => source.destroy()).catch(() => undefined);
      throw error;
    }
    this.connected = { source, pool: new PoolWatch(source) };
  }

  /** Whether it gives a sign of life, within half a second; if not, it is down, for the reason given. */
  private async isAlive(reason: string): Promise<boolean> {
    if (this.state !== 'up') return false;
    const isAlive = await this.probe();
    if (!isAlive) this.goDown(reason);
    return isAlive;
  }

  /** Leaves it alone for now, parts with the connections, and looks in the background for its return. */
  private goDown(reason: string): void {
    if (this.address === undefined || this.state !== 'up') return;
    this.state = 'down';
    this.log.error(`${this.name} is down: ${reason}`);
    void this.part();
    for (const { giveUp } of this.waiting) giveUp(new Error(`${this.name} went down: ${reason}`));
    void this.probeUntilUp();
  }

  /** Lets go of the connections, in order where the host takes part in that. */
  private async part(): Promise<void> {
    if (this.connected === undefined) return;
    const { source, pool } = this.connected;
    this.connected = undefined;
    if (this.state === 'down') pool.dropAll();
    const parting = within(PARTING_TIME_LIMIT, source.destroy(), () => {
      pool.dropAll();
    });
    await parting.catch(() => undefined);
  }

  private async probeUntilUp(): Promise<void> {
    while (this.state === 'down') {
      this.renewAddress();
      if (await this.probe()) this.comeBack();
      else await sleep(PROBE_EVERY, undefined, { ref: false });
    }
  }

  /** The files that it names may have been renewed since. As long as one of them cannot be read, the old ones count. */
  private renewAddress(): void {
    try {
      this.address = this.readAddress?.();
    } catch (error) {
      this.log.debug(`${this.name}: ${errorText(error)}`);
    }
  }

  private comeBack(): void {
    if (this.state !== 'down') return;
    this.state = 'up';
    this.log.log(`${this.name} is up again`);
  }

  /** One sign of life serves everybody who waits for one. */
  private probe(): Promise<boolean> {
    if (this.address === undefined) return Promise.resolve(true);
    this.probing ??= probeHost(this.address)
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        this.probing = undefined;
      });
    return this.probing;
  }
}
