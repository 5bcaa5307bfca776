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

/** Within which time all is well again by itself, in milliseconds. */
const RECOVERED_WITHIN = 90_000;
/** All is well when every answer has been right for so long, in milliseconds. */
const WELL_FOR = 1_000;
/** What a caller does between an answer and the next question, in milliseconds. */
const PAUSE = 10;

/** Who asks what, and what else than the recorded answer counts. */
export interface LoadOptions {
  readonly callers?: number;
  readonly refusals?: readonly Refusal[];
  /** Whether a process is killed that serves callers: whom it leaves without an answer is counted apart. */
  readonly mayBeCutOff?: boolean;
  /** The questions, where they are not all of the recorded ones. */
  readonly truth?: readonly ConformanceCase[];
  /** Persona → token, where they are not those of the tokens file. */
  readonly tokens?: Readonly<Record<string, string>>;
  /** The address that the callers ask from, where it is not the usual one. */
  readonly localAddress?: string;
  /** How long an answer may take, in milliseconds; MAX_RESPONSE_TIME if absent. */
  readonly within?: number;
}

/** What goes wrong, for how long, and how it is mended. Whoever asks besides the callers counts on the same tally. */
export interface Fault {
  begin(tally: Tally): unknown;
  /** In milliseconds. */
  readonly lasts: number;
  end(tally: Tally): unknown;
}

/** What became of all questions. */
export interface Outcome extends Counts {
  readonly callers: number;
  /** What was neither right nor a defined refusal: the first ones. */
  readonly wrongs: readonly string[];
  /** How many had no answer because the process that they asked was killed; not counted as asked. */
  readonly cutOff: number;
  /** From the end of the fault until the last answer that was not right, in milliseconds. */
  readonly recovered: number;
}

/** Many callers ask while something goes wrong and after it, and every answer is compared with the recorded one. */
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
  private readonly truth: readonly ConformanceCase[];
  private working: Promise<unknown> = Promise.resolve();
  private isOver = false;
  private cutOff = 0;
  private mended = 0;

  constructor(
    private readonly base: string,
    private readonly options: LoadOptions,
  ) {
    this.callers = options.callers ?? 16;
    this.sender = new RequestSender(
      base,
      this.callers,
      options.within ?? MAX_RESPONSE_TIME,
      1,
      options.localAddress,
    );
    this.truth = options.truth ?? recordedCases();
  }

  get outcome(): Outcome {
    const { counts, wrongs, lastNotRight } = this.tally;
    const recovered = Math.max(0, lastNotRight - this.mended);
    return { ...counts, callers: this.callers, wrongs, cutOff: this.cutOff, recovered };
  }

  /** Before anything goes wrong all answers are right, and all callers have had some. */
  async start(): Promise<void> {
    this.working = Promise.all(Array.from({ length: this.callers }, () => this.work()));
    await until(() => this.tally.counts.asked >= 5 * this.callers, 'the callers are answered');
    const { asked, right } = this.tally.counts;
    if (right < asked) throw new Error(`there are wrong answers already: ${this.tally.wrongs.join('\n')}`);
  }

  /** Waits until all is well. @throws Error when that does not come about */
  async recovery(): Promise<void> {
    this.mended = performance.now();
    for (;;) {
      const now = performance.now();
      if (now - Math.max(this.mended, this.tally.lastNotRight) > WELL_FOR) return;
      if (now - this.mended > RECOVERED_WITHIN) {
        const told = `${JSON.stringify(this.tally.counts)}\n${this.tally.wrongs.join('\n')}`;
        throw new Error(`all is not well again within ${RECOVERED_WITHIN} ms: ${told}`);
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
      const one = this.random.pick(this.truth);
      await this.askOne(one, performance.now());
      await sleep(PAUSE);
    }
  }

  private async askOne(one: ConformanceCase, asked: number): Promise<void> {
    const question = outgoingRequest(one, this.options.tokens ?? personaTokens);
    let answer: ReceivedAnswer;
    try {
      answer = await this.sender.send(question);
    } catch (error) {
      if (this.options.mayBeCutOff === true && isCutOff(error)) {
        this.cutOff += 1;
        this.tally.lastNotRight = performance.now();
        return;
      }
      this.tally.wrong(asked, `${nameOf(one)}: no answer: ${String(error)}`);
      return;
    }
    this.tally.judge(one, answer, asked, { ...this.options, base: this.base });
  }
}

/** The process that had the connection is gone, or there is none that takes one. */
function isCutOff(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNREFUSED';
}
