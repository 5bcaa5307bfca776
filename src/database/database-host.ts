import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { createConnection } from 'mysql2/promise';
import type { ConnectionOptions } from 'mysql2';
import type { DataSource } from 'typeorm';
import { errorText } from '../config/error-text.js';
import { within } from '../config/within.js';
import { PoolWatch } from './pool-watch.js';

/** How long a host may take to show that it lives, and how often one that is down is asked, in milliseconds. */
const PROBE_TIME_LIMIT = 450;
const PROBE_EVERY = 500;

/** How long the store may take to part, in milliseconds. */
const PARTING_TIME_LIMIT = 1_000;

/** One of the servers that hold a database; whether it is up, and the connections to it. */
export class DatabaseHost {
  private readonly log = new Logger('Databases');
  private pool: PoolWatch | undefined;
  private connecting: Promise<unknown> | undefined;
  private showing: Promise<void> | undefined;
  private state: 'up' | 'down' | 'closed' = 'up';

  /**
   * @param name for the log
   * @param probe how to reach it beside its connections; undefined for a file, which is never down
   */
  constructor(
    private readonly name: string,
    private readonly source: DataSource,
    private readonly probe: ConnectionOptions | undefined,
  ) {}

  /** Whether it makes sense to ask it. One that is not is asked in the background until it is. */
  get isUp(): boolean {
    return this.state === 'up';
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
    suspectAfter?: number,
  ): Promise<Answer> {
    try {
      return await this.answerInTime(deadline, question, suspectAfter);
    } catch (error) {
      if (!isFaultOfHost(error) || !(await this.isAlive(errorText(error)))) throw error;
    }
    return this.answerInTime(deadline, question, suspectAfter);
  }

  /** Lets go of the connections, in order where the host takes part in that. */
  async close(): Promise<void> {
    this.state = 'closed';
    const begun = performance.now();
    if (!this.source.isInitialized) return;
    await within(PARTING_TIME_LIMIT, this.source.destroy(), () => {
      this.pool?.dropUnanswered(begun);
    }).catch(() => undefined);
  }

  private async answerInTime<Answer>(
    deadline: number,
    question: (source: DataSource) => Promise<Answer>,
    suspectAfter: number | undefined,
  ): Promise<Answer> {
    const asked = performance.now();
    const answer = within(deadline - asked, this.answer(question), () => {
      this.pool?.dropUnanswered(asked);
      // Where others were answered meanwhile it is the question that is slow, not the host.
      if (!this.hasAnsweredSince(asked)) this.goDown(`no answer within ${Math.round(deadline - asked)} ms`);
    });
    if (suspectAfter === undefined) return answer;
    const [suspicion, dead] = this.suspect(asked, suspectAfter);
    // Whichever comes second is nobody's concern any more.
    for (const late of [answer, dead]) late.catch(() => undefined);
    try {
      return await Promise.race([answer, dead]);
    } finally {
      clearTimeout(suspicion);
    }
  }

  /** A promise that rejects when the host has given no answer for a time, and then shows no life either. */
  private suspect(asked: number, after: number): [timer: NodeJS.Timeout, dead: Promise<never>] {
    let giveUp: (reason: Error) => void;
    const dead = new Promise<never>((_resolve, reject) => {
      giveUp = reject;
    });
    const timer = setTimeout(() => {
      if (this.hasAnsweredSince(asked)) return;
      void this.isAlive('no sign of life').then((alive) => {
        if (!alive) giveUp(new Error(`${this.name} gives no sign of life`));
      });
    }, after);
    return [timer, dead];
  }

  private async answer<Answer>(question: (source: DataSource) => Promise<Answer>): Promise<Answer> {
    if (!this.source.isInitialized) await this.connect();
    this.pool ??= new PoolWatch(this.source);
    return question(this.source);
  }

  private async connect(): Promise<void> {
    this.connecting ??= this.source.initialize();
    try {
      await this.connecting;
    } finally {
      this.connecting = undefined;
    }
  }

  private hasAnsweredSince(moment: number): boolean {
    return this.pool !== undefined && this.pool.lastAnswer > moment;
  }

  /** Whether it gives a sign of life, within half a second; if not, it is down, for the reason given. */
  private async isAlive(reason: string): Promise<boolean> {
    try {
      await this.showLife();
      return true;
    } catch {
      this.goDown(reason);
      return false;
    }
  }

  /** Leaves it alone for now, and looks in the background for its return. */
  private goDown(reason: string): void {
    if (this.probe === undefined || this.state !== 'up') return;
    this.state = 'down';
    this.log.error(`${this.name} is down: ${reason}`);
    void this.lookForReturn();
  }

  private async lookForReturn(): Promise<void> {
    while (this.state === 'down') {
      const back = await this.showLife().then(
        () => true,
        () => false,
      );
      if (back) this.comeBack();
      else await sleep(PROBE_EVERY, undefined, { ref: false });
    }
  }

  private comeBack(): void {
    if (this.state !== 'down') return;
    this.state = 'up';
    this.log.log(`${this.name} is up again`);
  }

  /** One sign of life serves everybody who waits for one. */
  private showLife(): Promise<void> {
    this.showing ??= this.answerProbe().finally(() => {
      this.showing = undefined;
    });
    return this.showing;
  }

  /** Over a connection of its own: those of the pool may all be in use, or dead. */
  private async answerProbe(): Promise<void> {
    if (this.probe === undefined) return;
    const connecting = createConnection({ ...this.probe, connectTimeout: PROBE_TIME_LIMIT });
    try {
      await within(
        PROBE_TIME_LIMIT,
        connecting.then((connection) => connection.query('SELECT 1')),
      );
    } finally {
      connecting.then(
        (connection) => {
          connection.on('error', () => undefined);
          connection.destroy();
        },
        () => undefined,
      );
    }
  }
}

/** What a server that is there says when it cannot serve anybody, by MySQL's and MariaDB's numbers. */
const UNABLE = new Set([
  1040, // too many connections
  1044, // no access to this database
  1045, // no access at all
  1047, // a Galera node that is not in sync with the others
  1049, // no such database
  1053, // shutting down
  1129, // this client is blocked
  1203, // too many connections of this user
  1226, // a limit of this user is reached
  1927, // the connection was killed
]);

/** Whether no question could have been answered, as opposed to this one. */
function isFaultOfHost(error: unknown): boolean {
  const cause = error instanceof Error && 'driverError' in error ? error.driverError : error;
  if (!(cause instanceof Error) || !('code' in cause)) return false;
  const { errno, sqlState } = cause as { errno?: number; sqlState?: string };
  return sqlState === undefined || (errno !== undefined && UNABLE.has(errno));
}
