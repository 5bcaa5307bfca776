import { setTimeout as sleep } from 'node:timers/promises';
import { RequestSender } from '../../conformance/request-sender.js';
import type { ConformanceCase } from '../../conformance/cases.js';
import type { ReceivedAnswer } from '../../conformance/compare.js';
import { outgoingRequest } from '../../conformance/requests.js';
import { Random } from '../../support/random.js';
import { personaTokens } from '../../support/service/service.js';
import { until } from '../../support/time/until.js';
import type { Refusal } from './refusals.js';
import { MAX_RESPONSE_TIME, type Counts, nameOf, Tally } from './tally.js';
import { recordedCases } from './recorded-cases.js';

/** The time within which the service must recover after a fault, in milliseconds. */
const RECOVERY_TIMEOUT = 90_000;
/** The service has recovered when all responses have been correct for this time, in milliseconds. */
const STABLE_TIME = 1_000;
/** The time that a caller waits between a response and the next request, in milliseconds. */
const PAUSE = 10;

/** The number of callers, their requests, and the responses that count as expected. */
export interface LoadOptions {
  readonly callers?: number;
  /** Responses that are expected during the fault, in addition to the recorded ones. */
  readonly refusals?: readonly Refusal[];
  /**
   * True if the fault kills a process that serves requests. Requests without a response then count as `cutOff`, not as
   * wrong responses.
   */
  readonly mayBeCutOff?: boolean;
  /** The recorded cases from which each caller randomly chooses its requests; by default all cases. */
  readonly cases?: readonly ConformanceCase[];
  /** The tokens by the name of the user. By default these are the tokens in the tokens file of the service. */
  readonly tokens?: Readonly<Record<string, string>>;
  /** The source address of the callers' connections. */
  readonly localAddress?: string;
  /** The maximum response time, in milliseconds; by default MAX_RESPONSE_TIME. A slower response counts as wrong. */
  readonly maxResponseTime?: number;
}

/**
 * A fault. `begin` causes it and `end` removes it. If these functions send requests, they count the responses in
 * `tally`.
 */
export interface Fault {
  begin(tally: Tally): unknown;
  /** The time between `begin` and `end`, in milliseconds. */
  readonly lasts: number;
  end(tally: Tally): unknown;
}

/** The counts of all requests that the callers sent. */
export interface Outcome extends Counts {
  readonly callers: number;
  /** Descriptions of the first wrong responses, at most ten. */
  readonly wrongs: readonly string[];
  /**
   * The number of requests without a response because the process that served them was killed. They are not included in
   * `asked`.
   */
  readonly cutOff: number;
  /** The time from the end of the fault to the last response that was not correct, in milliseconds. */
  readonly recovered: number;
}

/** Sends requests before, during and after a fault. Compares every response with the recorded answer. */
export async function underLoad(baseUrl: string, fault: Fault, options: LoadOptions = {}): Promise<Outcome> {
  const load = new Load(baseUrl, options);
  try {
    await load.start();
    await fault.begin(load.tally);
    await sleep(fault.lasts);
    await fault.end(load.tally);
    await load.recovery();
  } finally {
    await load.stop();
  }
  return load.outcome;
}

class Load {
  readonly tally = new Tally();
  private readonly sender: RequestSender;
  private readonly callers: number;
  private readonly random = new Random(1);
  private readonly cases: readonly ConformanceCase[];
  private working: Promise<unknown> = Promise.resolve();
  private isOver = false;
  private cutOff = 0;
  private faultEnd = 0;

  constructor(
    private readonly base: string,
    private readonly options: LoadOptions,
  ) {
    this.callers = options.callers ?? 16;
    this.sender = new RequestSender(
      base,
      this.callers,
      options.maxResponseTime ?? MAX_RESPONSE_TIME,
      1,
      options.localAddress,
    );
    this.cases = options.cases ?? recordedCases();
  }

  get outcome(): Outcome {
    const { counts, wrongs, lastNotRight } = this.tally;
    const recovered = Math.max(0, lastNotRight - this.faultEnd);
    return { ...counts, callers: this.callers, wrongs, cutOff: this.cutOff, recovered };
  }

  /**
   * Starts the callers, and waits until they have received five correct responses per caller. A 503 that `refusals`
   * expects is not wrong, because a busy machine may cause it before the fault.
   *
   * @throws Error if one of the responses is wrong
   */
  async start(): Promise<void> {
    this.working = Promise.all(Array.from({ length: this.callers }, () => this.work()));
    await until(() => this.tally.counts.right >= 5 * this.callers, 'the callers receive correct responses');
    const { wrongs } = this.tally;
    if (wrongs.length > 0) throw new Error(`wrong responses before the fault: ${wrongs.join('\n')}`);
  }

  /** Waits until all responses are correct again. @throws Error after RECOVERY_TIMEOUT */
  async recovery(): Promise<void> {
    this.faultEnd = performance.now();
    for (;;) {
      const now = performance.now();
      if (now - Math.max(this.faultEnd, this.tally.lastNotRight) > STABLE_TIME) return;
      if (now - this.faultEnd > RECOVERY_TIMEOUT) {
        const details = `${JSON.stringify(this.tally.counts)}\n${this.tally.wrongs.join('\n')}`;
        throw new Error(`the service has not recovered within ${RECOVERY_TIMEOUT} ms: ${details}`);
      }
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.working;
    this.sender.close();
  }

  private async work(): Promise<void> {
    while (!this.isOver) {
      const one = this.random.pick(this.cases);
      await this.sendOne(one, performance.now());
      await sleep(PAUSE);
    }
  }

  private async sendOne(one: ConformanceCase, sentAt: number): Promise<void> {
    const request = outgoingRequest(one, this.options.tokens ?? personaTokens);
    let answer: ReceivedAnswer;
    try {
      answer = await this.sender.send(request);
    } catch (error) {
      if (this.options.mayBeCutOff === true && isCutOff(error)) {
        this.cutOff += 1;
        this.tally.lastNotRight = performance.now();
        return;
      }
      this.tally.wrong(sentAt, `${nameOf(one)}: no response: ${String(error)}`);
      return;
    }
    this.tally.judge(one, answer, sentAt, { ...this.options, base: this.base });
  }
}

/** Returns true if the error means that the process closed the connection, or that no process listens. */
function isCutOff(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNREFUSED';
}
